//! The API over TLS: the front proxy alone is answered, and is known by its certificate.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use hyper_util::rt::TokioIo;
use meshglot_smi_metrics::{Files, FrontProxy, TlsError, router, serve};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;

use super::shop::Shop;

const POD: &str = "/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/pods/front";

type Ca = CertifiedIssuer<'static, KeyPair>;

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn ca(name: &str) -> Ca {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, key()).expect("a CA")
}

/// Certificate and key of a name.
fn signed(ca: &Ca, name: &str) -> (String, String) {
    let mut params = named(name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    let key = key();
    (params.signed_by(&key, ca).expect("a certificate").pem(), key.serialize_pem())
}

/// A server, and the files that it reads. It ends with the test.
struct Served {
    address: SocketAddr,
    folder: tempfile::TempDir,
    serving: Ca,
    front: Ca,
    told: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

impl Served {
    async fn begin(names: &[&str]) -> Self {
        let (folder, serving, front) = (tempfile::tempdir().expect("a folder"), ca("serving"), ca("front-proxy-ca"));
        write(folder.path(), &signed(&serving, "mesh-metrics"));
        fs::write(folder.path().join("front.crt"), front.pem()).expect("a file");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let allowed = FrontProxy { names: names.iter().map(|name| (*name).to_owned()).collect() };
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = told.clone();
        let tell = move |text: &str| tell.lock().expect("nobody fell").push(text.to_owned());
        let served = serve(listener, files(folder.path()), allowed, router(Arc::new(Shop { ready: true })), tell).expect("they fit");
        let task = tokio::spawn(served).abort_handle();
        Self { address, folder, serving, front, told, task }
    }

    /// The status of an answer to whoever has this certificate; an error: there is no connection.
    async fn get(&self, path: &str, own: Option<(String, String)>) -> Result<u16, String> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.serving.pem().as_bytes()).expect("a certificate")).expect("a root");
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_protocol_versions(&[&rustls::version::TLS13]).expect("a version").with_root_certificates(roots);
        let mut config = match own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate");
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
                builder.with_client_auth_cert(vec![certificate], key).expect("they fit")
            }
        };
        // As Go asks.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        let connector = TlsConnector::from(Arc::new(config));
        let stream =
            connector.connect(ServerName::try_from("localhost").expect("a name"), stream).await.map_err(|error| error.to_string())?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        // The name by which a cluster calls it.
        let request = hyper::Request::get(path).header("host", "mesh-metrics.default.svc").body(Body::empty()).expect("a request");
        let answer = tokio::time::timeout(Duration::from_secs(20), sender.send_request(request)).await.expect("in time");
        answer.map(|answer| answer.status().as_u16()).map_err(|error| error.to_string())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn files(folder: &Path) -> Files {
    Files { certificate: folder.join("tls.crt"), key: folder.join("tls.key"), client_ca: folder.join("front.crt") }
}

fn write(folder: &Path, (certificate, key): &(String, String)) {
    fs::write(folder.join("tls.crt"), certificate).expect("a file");
    fs::write(folder.join("tls.key"), key).expect("a file");
}

#[tokio::test]
async fn the_front_proxy_alone_is_answered() {
    let served = Served::begin(&["front-proxy-client"]).await;
    let own = |name: &str| Some(signed(&served.front, name));
    assert_eq!(served.get(POD, own("front-proxy-client")).await, Ok(200));
    assert_eq!(served.get(POD, own("somebody")).await, Ok(401));
    assert_eq!(served.get(POD, None).await, Ok(401));
    assert_eq!(served.get("/apis", None).await, Ok(401));
    assert_eq!(served.get("/readyz", None).await, Ok(200), "the kubelet has no certificate");
    let stranger = served.get(POD, Some(signed(&ca("front-proxy-ca"), "front-proxy-client"))).await;
    assert!(stranger.is_err(), "a CA of the same name is another: {stranger:?}");
}

#[tokio::test]
async fn without_names_every_certificate_of_the_ca_is_the_front_proxys() {
    let served = Served::begin(&[]).await;
    assert_eq!(served.get(POD, Some(signed(&served.front, "anybody"))).await, Ok(200));
    assert_eq!(served.get(POD, None).await, Ok(401));
    assert_eq!(served.told.lock().expect("nobody fell").len(), 0);
}

#[tokio::test]
async fn files_that_do_not_fit_are_told_at_once() {
    let served = Served::begin(&[]).await;
    let begin = async |folder: &Path| {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        serve(listener, files(folder), FrontProxy::default(), router(Arc::new(Shop { ready: true })), |_| {}).err()
    };
    let folder = served.folder.path();
    assert!(begin(folder).await.is_none());
    fs::write(folder.join("tls.key"), key().serialize_pem()).expect("a file");
    assert!(matches!(begin(folder).await, Some(TlsError::Credentials(_))));
    fs::remove_file(folder.join("front.crt")).expect("it is there");
    let error = begin(folder).await.map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("front.crt: "), "{error}");
}
