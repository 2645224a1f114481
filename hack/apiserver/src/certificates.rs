//! Keys and certificates of one server, in files.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};

use crate::error::StartError;

/// Paths of PEM files.
#[derive(Clone, Debug)]
pub(crate) struct Certificates {
    folder: PathBuf,
}

/// Makes all of them. They are good for whatever listens on 127.0.0.1, the server and a gate in front of it.
pub(crate) fn write(folder: &Path) -> Result<Certificates, StartError> {
    fs::create_dir_all(folder)?;
    let made = Certificates { folder: folder.to_owned() };

    let authority = authority("apiserver-ca")?;
    fs::write(made.authority(), authority.pem())?;
    let mut serving = CertificateParams::new(["127.0.0.1", "localhost", "kubernetes.default.svc"].map(str::to_owned))?;
    serving.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf(serving, "kube-apiserver", &authority, &made.serving())?;

    // Extension API servers take whoever has this one's word for who a request is from: it signs nothing else.
    let aggregation = self::authority("front-proxy-ca")?;
    fs::write(made.aggregation(), aggregation.pem())?;
    let mut proxy = CertificateParams::default();
    proxy.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    leaf(proxy, AGGREGATOR, &aggregation, &made.aggregator())?;

    let accounts = KeyPair::generate()?;
    fs::write(made.account_key(), accounts.serialize_pem())?;
    fs::write(made.account_public(), accounts.public_key_pem())?;
    Ok(made)
}

/// The common name of the API server where it calls an extension API server.
pub(crate) const AGGREGATOR: &str = "front-proxy-client";

impl Certificates {
    /// Whom clients trust.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    /// Certificate and key of whoever serves.
    pub(crate) fn serving(&self) -> [PathBuf; 2] {
        ["serving.crt", "serving.key"].map(|name| self.folder.join(name))
    }

    /// Whom extension API servers trust.
    pub(crate) fn aggregation(&self) -> PathBuf {
        self.folder.join("front-proxy-ca.crt")
    }

    /// Certificate and key of the API server where it calls them.
    pub(crate) fn aggregator(&self) -> [PathBuf; 2] {
        ["front-proxy.crt", "front-proxy.key"].map(|name| self.folder.join(name))
    }

    /// What signs tokens of service accounts.
    pub(crate) fn account_key(&self) -> PathBuf {
        self.folder.join("accounts.key")
    }

    /// What such tokens are checked by.
    pub(crate) fn account_public(&self) -> PathBuf {
        self.folder.join("accounts.pub")
    }
}

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn leaf(
    mut params: CertificateParams,
    name: &str,
    by: &CertifiedIssuer<'static, KeyPair>,
    [certificate, key]: &[PathBuf; 2],
) -> Result<(), StartError> {
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let own = KeyPair::generate()?;
    fs::write(certificate, params.signed_by(&own, by)?.pem())?;
    fs::write(key, own.serialize_pem())?;
    Ok(())
}
