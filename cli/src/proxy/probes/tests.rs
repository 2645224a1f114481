//! Probes of the kubelet, asked over a real connection of applications that speak each way.

use axum::Router;
use axum::extract::Request as Asked;
use axum::routing::get;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tonic_health::ServingStatus;

use super::*;

/// What is told at a path of these probes: the whole answer, empty where there is none.
async fn told(probes: &[String], path: &str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(serve(listener, probes.iter().map(|text| text.parse().expect("a probe")).collect()));
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n").as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers or ends");
    serving.abort();
    answer
}

/// The first and the last line of an answer.
async fn said(probe: String) -> (String, String) {
    let path = format!("/probe/{}", probe.split_once('=').expect("a name").0);
    let answer = told(&[probe], &path).await;
    let lines: Vec<&str> = answer.lines().collect();
    (lines.first().copied().unwrap_or_default().to_owned(), lines.last().copied().unwrap_or_default().to_owned())
}

async fn port() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

/// An application that wants the kubelet's own headers, and says more than anybody should know.
async fn application() -> u16 {
    async fn strict(request: Asked) -> (StatusCode, &'static str) {
        let is_it = request.headers()["host"] == "shop" && request.uri().query() == Some("deep");
        (if is_it { StatusCode::NO_CONTENT } else { StatusCode::IM_A_TEAPOT }, "secret")
    }
    let (listener, port) = port().await;
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/ok", get(strict))).await });
    port
}

#[tokio::test]
async fn the_status_of_the_application_is_told_and_nothing_else() {
    let port = application().await;
    assert_eq!(said(format!("main/readiness={port}/ok?deep")).await.0, "HTTP/1.1 204 No Content");
    let refused = said(format!("main/readiness={port}/ok")).await;
    assert_eq!(refused, ("HTTP/1.1 418 I'm a teapot".to_owned(), "418 I'm a teapot".to_owned()));
    assert_eq!(said(format!("main/startup={port}")).await.0, "HTTP/1.1 200 OK");
    assert_eq!(said("gone/liveness=1".to_owned()).await.0, "HTTP/1.1 503 Service Unavailable");
    // Nothing that was not declared is asked.
    for path in ["/ok", "/probe/main/liveness", "/probe/main"] {
        assert!(told(&[format!("main/readiness={port}/ok?deep")], path).await.starts_with("HTTP/1.1 404 "), "{path}");
    }
}

/// The kubelet takes any answer to a hook for success, so that a failure must not be one.
#[tokio::test]
async fn a_hook_without_an_answer_has_none() {
    let port = application().await;
    assert_eq!(said(format!("main/preStop={port}/ok")).await.0, "HTTP/1.1 418 I'm a teapot");
    assert_eq!(told(&["main/preStop=1/ok".to_owned()], "/probe/main/preStop").await, "");
}

#[tokio::test]
async fn an_application_that_speaks_tls_is_asked_whoever_it_is() {
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::default().self_signed(&key).expect("a certificate");
    let config = ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into());
    // The older one: applications that are probed so are old ones, mostly.
    let config = config.with_protocol_versions(&[&rustls::version::TLS12]).expect("a version").with_no_client_auth();
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = config.with_single_cert(vec![certificate.der().clone()], key).expect("a certificate");
    let (listener, port) = port().await;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a caller");
        let mut stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.expect("a handshake");
        let mut asked = [0; 7];
        stream.read_exact(&mut asked).await.expect("a question");
        let answer: &[u8] = if &asked == b"GET /up" { b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n" } else { b"" };
        stream.write_all(answer).await.expect("an answer");
        stream.flush().await.expect("an answer");
        // The end of the question is not waited for; the caller hangs up.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    assert_eq!(said(format!("main/readiness=https:{port}/up")).await.0, "HTTP/1.1 202 Accepted");
    let plain = application().await;
    assert_eq!(said(format!("main/readiness=https:{plain}/ok?deep")).await.0, "HTTP/1.1 503 Service Unavailable");
}

#[tokio::test]
async fn an_application_is_asked_for_its_health_by_grpc() {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("shop.Cart", ServingStatus::NotServing).await;
    let (listener, port) = port().await;
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    tokio::spawn(tonic::transport::Server::builder().add_service(health).serve_with_incoming(incoming));
    assert_eq!(said(format!("main/readiness=grpc:{port}")).await.0, "HTTP/1.1 200 OK");
    let unwell = said(format!("main/readiness=grpc:{port}/shop.Cart")).await;
    assert_eq!(unwell, ("HTTP/1.1 503 Service Unavailable".to_owned(), "NOT_SERVING".to_owned()));
    let (status, why) = said(format!("main/readiness=grpc:{port}/shop.Basket")).await;
    assert!(status == "HTTP/1.1 503 Service Unavailable" && why.contains("service not registered"), "{why}");
    reporter.set_service_status("shop.Cart", ServingStatus::Serving).await;
    assert_eq!(said(format!("main/liveness=grpc:{port}/shop.Cart")).await.0, "HTTP/1.1 200 OK");
    let plain = application().await;
    assert_eq!(said(format!("main/readiness=grpc:{plain}")).await.0, "HTTP/1.1 503 Service Unavailable");
}
