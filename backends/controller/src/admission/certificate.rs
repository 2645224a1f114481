//! The certificate by which admission is served: two files of a folder, as a Secret is mounted and cert-manager renews it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::sleep;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::metrics::Metrics;

/// A Secret that was renewed is in the files a minute later at most, so nothing is gained by looking more often.
const LOOK: Duration = Duration::from_secs(5);

/// A certificate cannot be used.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("{path}: {why}")]
    Wrong {
        /// Which file.
        path: String,
        /// What is wrong, without what is in it.
        why: String,
    },
}

/// Certificates of a folder, the newest of them in use.
pub struct Certificates {
    folder: PathBuf,
    texts: [Vec<u8>; 2],
    newest: watch::Sender<Option<Arc<ServerConfig>>>,
}

impl Certificates {
    /// Takes `tls.crt`, a chain that begins with the certificate, and `tls.key` of a folder, both PEM.
    ///
    /// # Errors
    /// They cannot be read, or do not belong together.
    pub fn open(folder: &Path) -> Result<Self, CertificateError> {
        let texts = read(folder)?;
        let newest = watch::Sender::new(Some(of(folder, &texts)?));
        Ok(Self { folder: folder.to_owned(), texts, newest })
    }

    /// For [`super::serve_reviews`].
    pub fn newest(&self) -> watch::Receiver<Option<Arc<ServerConfig>>> {
        self.newest.subscribe()
    }

    /// Follows the files for ever. One that cannot be used is told, and the one before stays in use.
    pub async fn follow(mut self, metrics: Metrics, trouble: impl Fn(&CertificateError)) {
        ends(&self.texts[0]).into_iter().for_each(|at| metrics.certificate_ends(at));
        loop {
            sleep(LOOK).await;
            let texts = match read(&self.folder) {
                Ok(texts) if texts == self.texts => continue,
                Ok(texts) => texts,
                Err(error) => {
                    trouble(&error);
                    continue;
                }
            };
            match of(&self.folder, &texts) {
                Ok(config) => {
                    self.newest.send_replace(Some(config));
                    ends(&texts[0]).into_iter().for_each(|at| metrics.certificate_ends(at));
                }
                Err(error) => trouble(&error),
            }
            // What is wrong is told once, and looked at again when it is otherwise.
            self.texts = texts;
        }
    }
}

fn files(folder: &Path) -> [PathBuf; 2] {
    ["tls.crt", "tls.key"].map(|name| folder.join(name))
}

fn read(folder: &Path) -> Result<[Vec<u8>; 2], CertificateError> {
    let text = |path: &PathBuf| fs::read(path).map_err(|source| CertificateError::Unreadable { path: path.display().to_string(), source });
    let [certificate, key] = files(folder);
    Ok([text(&certificate)?, text(&key)?])
}

fn of(folder: &Path, [chain, key]: &[Vec<u8>; 2]) -> Result<Arc<ServerConfig>, CertificateError> {
    let [chain_path, key_path] = files(folder).map(|path| path.display().to_string());
    config([&chain_path, &key_path], [chain, key])
}

/// What serves by a chain and a key, PEM both; their names are for whoever hears that they cannot be used.
pub(super) fn config([chain_path, key_path]: [&str; 2], [chain, key]: [&[u8]; 2]) -> Result<Arc<ServerConfig>, CertificateError> {
    let wrong = |path: &str, why: String| CertificateError::Wrong { path: path.to_owned(), why };
    let certificates: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let certificates = certificates.map_err(|error| wrong(chain_path, error.to_string()))?;
    if certificates.is_empty() {
        return Err(wrong(chain_path, "there is no certificate in it".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| wrong(key_path, "there is no private key in it".to_owned()))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| wrong(chain_path, error.to_string()))?;
    let config = builder.with_no_client_auth().with_single_cert(certificates, key);
    config.map(Arc::new).map_err(|error| wrong(key_path, format!("it does not belong to the certificate: {error}")))
}

/// When the first of a chain ends, in seconds since 1970.
pub(super) fn ends(chain: &[u8]) -> Option<i64> {
    let der = CertificateDer::from_pem_slice(chain).ok()?;
    let (_, read) = X509Certificate::from_der(&der).ok()?;
    Some(read.validity().not_after.timestamp())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn write(folder: &Path, name: &str) {
        let key = KeyPair::generate().expect("a key");
        let own = CertificateParams::new([name.to_owned()]).expect("a name").self_signed(&key).expect("a certificate");
        fs::write(folder.join("tls.crt"), own.pem()).expect("written");
        fs::write(folder.join("tls.key"), key.serialize_pem()).expect("written");
    }

    #[test]
    fn what_cannot_serve_is_refused_by_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let why = |folder: &Path| Certificates::open(folder).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(why(folder.path()).contains("tls.crt: No such file"), "{}", why(folder.path()));
        write(folder.path(), "one.example");
        assert_eq!(why(folder.path()), "");
        let kept = fs::read(folder.path().join("tls.key")).expect("a key");
        write(folder.path(), "other.example");
        fs::write(folder.path().join("tls.key"), kept).expect("written");
        assert!(why(folder.path()).contains("tls.key: it does not belong to the certificate"), "{}", why(folder.path()));
        fs::write(folder.path().join("tls.key"), "key").expect("written");
        assert!(why(folder.path()).ends_with("tls.key: there is no private key in it"), "{}", why(folder.path()));
        fs::write(folder.path().join("tls.crt"), "").expect("written");
        assert!(why(folder.path()).ends_with("tls.crt: there is no certificate in it"), "{}", why(folder.path()));
    }
}
