//! A client of a webhook, as an API server is one: HTTPS, by an authority that it was told.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Whom to ask, and whom to trust.
pub(super) struct Client {
    pub(super) address: SocketAddr,
    connector: TlsConnector,
}

/// One connection.
pub(super) struct Connection(SendRequest<Full<Bytes>>);

impl Client {
    /// Puts a certificate for 127.0.0.1 into a folder, to be served by.
    pub(super) fn new(address: SocketAddr, folder: &Path) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let leaf =
            CertificateParams::new(["127.0.0.1".to_owned()]).expect("an address").signed_by(&key, &authority).expect("a certificate");
        for (name, text) in [("tls.crt", leaf.pem()), ("tls.key", key.serialize_pem())] {
            std::fs::write(folder.join(name), text).expect("written");
        }
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(authority.der().to_vec())).expect("an authority");
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("versions");
        Self { address, connector: Arc::new(builder.with_root_certificates(roots).with_no_client_auth()).into() }
    }

    pub(super) async fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).await.expect("it listens");
        stream.set_nodelay(true).expect("it can be set");
        let name = ServerName::from(self.address.ip());
        let stream = self.connector.connect(name, stream).await.expect("it is trusted");
        let (send, connection) = handshake(TokioIo::new(stream)).await.expect("it speaks HTTP");
        tokio::spawn(connection);
        Connection(send)
    }
}

impl Connection {
    /// What a review is answered.
    pub(super) async fn ask(&mut self, path: &str, review: &Value) -> Value {
        let body = Full::new(Bytes::from(review.to_string()));
        let request = Request::post(path).header("host", "webhook").header("content-type", "application/json").body(body);
        self.0.ready().await.expect("the connection stands");
        let answer = self.0.send_request(request.expect("a request")).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        serde_json::from_slice(&body).expect("JSON")
    }
}
