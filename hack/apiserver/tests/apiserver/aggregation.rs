//! An extension API server is called through the real one, which says whose request it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use meshglot_apiserver::{ApiServer, installed, shared};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::objects::{apply, code, namespace};

const GROUP: &str = "/apis/extension.test/v1";

/// Whoever comes has to have a certificate by which the API server is known. Its own it has signed itself: the second of both.
fn tls(server: &ApiServer) -> (TlsAcceptor, CertificateDer<'static>) {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.aggregation().0).expect("a certificate")).expect("a root");
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().expect("a verifier");
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let builder = builder.with_client_cert_verifier(verifier);
    let config = builder.with_single_cert(vec![own.cert.der().clone()], key).expect("a configuration");
    (TlsAcceptor::from(Arc::new(config)), own.cert.der().clone())
}

/// What it serves: its kinds, and for all else who asks.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, http::Error> {
    let body = if request.uri().path() == GROUP {
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "extension.test/v1", "resources": []})
    } else {
        let field = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        json!({"user": field("x-remote-user"), "token": field("authorization")})
    };
    Response::builder().header(header::CONTENT_TYPE, "application/json").body(Full::new(Bytes::from(body.to_string())))
}

async fn serve(listener: TcpListener, tls: TlsAcceptor) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let tls = tls.clone();
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_is_called_as_the_user_and_by_nobody_else() {
    if !installed() {
        return;
    }
    let server = shared().await.expect("a server");
    let admin = server.client().await.expect("a client");
    namespace(&admin, "extension").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (acceptor, own) = tls(server);
    let serving = tokio::spawn(serve(listener, acceptor));
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "extension", "namespace": "extension"},
        "spec": {"type": "ExternalName", "externalName": "localhost"}});
    let registration = json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.extension.test"},
        "spec": {"group": "extension.test", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 15,
            "insecureSkipTLSVerify": true, "service": {"name": "extension", "namespace": "extension", "port": address.port()}}});
    for object in [service, registration] {
        apply(&admin, &object).await.expect("the API server takes it");
    }
    let once = server.access().client_that_asks_once(server.admin()).await.expect("a client");
    let path = format!("{GROUP}/namespaces/extension/words");
    let asked = |client: kube::Client| {
        let request = Request::get(&path).body(Vec::new()).expect("a request");
        async move { client.request::<Value>(request).await }
    };
    let end = Instant::now() + Duration::from_secs(30);
    let said = loop {
        match asked(once.clone()).await {
            Ok(said) => break said,
            Err(error) => assert!(Instant::now() < end, "it is never called: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    // The user's own token stays with the API server.
    assert_eq!(said, json!({"user": "admin", "token": ""}));
    // RBAC is asked before it.
    let account = server.service_account("extension", "nobody").await.expect("an account");
    assert_eq!(code(asked(server.access().client(&account).await.expect("a client")).await), 403);
    // Past the API server there is no way.
    let error = past(own, address).await.expect_err("it has no certificate");
    assert!(format!("{error:?}").contains("CertificateRequired"), "{error:?}");
    serving.abort();
}

/// Asks the extension without a certificate.
async fn past(trusted: CertificateDer<'static>, address: SocketAddr) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted)?;
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions()?;
    let connector = TlsConnector::from(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()));
    let stream = connector.connect(ServerName::try_from("localhost")?, TcpStream::connect(address).await?).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let carried = tokio::spawn(connection);
    let request = Request::get(GROUP).header(header::HOST, "extension").body(Full::<Bytes>::default())?;
    let answer = sender.send_request(request).await;
    drop(sender);
    // What has happened the connection tells first.
    carried.await??;
    answer?;
    Ok(())
}
