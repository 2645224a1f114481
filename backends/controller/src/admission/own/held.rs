//! What a Secret holds for the webhook, read and checked: authorities, the key of the newest, a leaf and its key.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use rcgen::{KeyPair, PublicKeyData as _};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Where a certificate ends in PEM.
const END: &str = "-----END CERTIFICATE-----";

/// A certificate, and the times between which it is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) pem: String,
    pub(super) from: OffsetDateTime,
    pub(super) until: OffsetDateTime,
}

/// What is in the Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Those that clients are to trust, the newest first; never empty.
    pub(super) authorities: Vec<Certificate>,
    /// Of the newest, PEM.
    pub(super) authority_key: String,
    pub(super) leaf: Certificate,
    /// Of the leaf, PEM.
    pub(super) leaf_key: String,
    /// Which of the authorities has signed the leaf.
    pub(super) signer: usize,
}

impl Held {
    /// Reads the fields of a Secret; the leaf has to be for this host.
    ///
    /// # Errors
    /// In words, what of it cannot be used, without what is in it. Whether it is good at some time is not looked at.
    pub(super) fn read(data: &BTreeMap<String, ByteString>, host: &str) -> Result<Self, String> {
        let authorities = certificates(&text(data, "ca.crt")?).map_err(|why| format!("ca.crt: {why}"))?;
        let [authority_key, leaf_key] = [text(data, "ca.key")?, text(data, "tls.key")?];
        let chain = certificates(&text(data, "tls.crt")?).map_err(|why| format!("tls.crt: {why}"))?;
        let [leaf] = <[_; 1]>::try_from(chain).map_err(|_| "tls.crt: there is more than one certificate in it".to_owned())?;
        if !belongs(&authority_key, &authorities[0]) {
            return Err("ca.key does not belong to the first of ca.crt".to_owned());
        }
        if !belongs(&leaf_key, &leaf) {
            return Err("tls.key does not belong to tls.crt".to_owned());
        }
        if !names(&leaf).iter().any(|name| name == host) {
            return Err(format!("tls.crt is not for {host}"));
        }
        let signer = authorities.iter().position(|authority| has_signed(authority, &leaf));
        let signer = signer.ok_or("tls.crt is signed by none of ca.crt")?;
        Ok(Self { authorities, authority_key, leaf, leaf_key, signer })
    }

    /// The fields of the Secret.
    pub(super) fn data(&self) -> BTreeMap<String, ByteString> {
        let all = [
            ("ca.crt", self.bundle()),
            ("ca.key", self.authority_key.clone()),
            ("tls.crt", self.leaf.pem.clone()),
            ("tls.key", self.leaf_key.clone()),
        ];
        all.into_iter().map(|(name, text)| (name.to_owned(), ByteString(text.into_bytes()))).collect()
    }

    /// All authorities, PEM.
    pub(super) fn bundle(&self) -> String {
        self.authorities.iter().map(|one| one.pem.as_str()).collect()
    }
}

impl Certificate {
    /// One in PEM.
    ///
    /// # Errors
    /// It is none, in words.
    pub(super) fn read(pem: &str) -> Result<Self, String> {
        let der = der(pem)?;
        let (_, read) = X509Certificate::from_der(&der).map_err(|_| "it is not a certificate".to_owned())?;
        let validity = read.validity();
        Ok(Self {
            pem: format!("{}\n", pem.trim().replace("\r\n", "\n")),
            from: validity.not_before.to_datetime(),
            until: validity.not_after.to_datetime(),
        })
    }
}

fn text(data: &BTreeMap<String, ByteString>, name: &str) -> Result<String, String> {
    let bytes = data.get(name).ok_or_else(|| format!("{name} is missing"))?;
    String::from_utf8(bytes.0.clone()).map_err(|_| format!("{name} is not text"))
}

/// All of a text, in its order; at least one.
pub(super) fn certificates(text: &str) -> Result<Vec<Certificate>, String> {
    let parts = text.split_inclusive(END).filter(|part| !part.trim().is_empty());
    let all: Vec<Certificate> = parts.map(Certificate::read).collect::<Result<_, _>>()?;
    if all.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(all) }
}

fn der(pem: &str) -> Result<CertificateDer<'static>, String> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| "it is not a certificate".to_owned())
}

/// What a certificate that was read says.
fn ask<T: Default>(one: &Certificate, question: impl FnOnce(&X509Certificate<'_>) -> T) -> T {
    let Ok(der) = der(&one.pem) else { return T::default() };
    X509Certificate::from_der(&der).map(|(_, read)| question(&read)).unwrap_or_default()
}

fn belongs(key: &str, to: &Certificate) -> bool {
    let Ok(key) = KeyPair::from_pem(key) else { return false };
    let info = key.subject_public_key_info();
    ask(to, |read| read.public_key().raw == info)
}

pub(super) fn has_signed(authority: &Certificate, leaf: &Certificate) -> bool {
    ask(authority, |authority| authority.is_ca() && ask(leaf, |leaf| leaf.verify_signature(Some(authority.public_key())).is_ok()))
}

/// The names of hosts that it is for.
fn names(one: &Certificate) -> Vec<String> {
    ask(one, |read| {
        let Ok(Some(names)) = read.subject_alternative_name() else { return Vec::new() };
        let hosts = names.value.general_names.iter();
        hosts.filter_map(|name| if let GeneralName::DNSName(host) = name { Some((*host).to_owned()) } else { None }).collect()
    })
}
