//! Connections over TLS, and those that never become one.

use std::sync::Arc;
use std::time::Duration;

use meshglot_xds::{connections, server_config};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_stream::StreamExt;

#[tokio::test]
async fn who_says_nothing_keeps_nobody_out() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let pem = own.cert.pem();
    let config = server_config(&pem, &own.signing_key.serialize_pem(), &pem).expect("they fit");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (_configs, receiver) = watch::channel(config);
    let mut incoming = connections(listener, receiver);
    // More than handshakes at once, and each waits for longer than this test.
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(address).await.expect("a connection"));
    }

    let mut roots = RootCertStore::empty();
    roots.add(own.cert.der().clone()).expect("a root");
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let client = builder.with_protocol_versions(&[&rustls::version::TLS13]).expect("a version").with_root_certificates(roots);
    let connector = TlsConnector::from(Arc::new(client.with_no_client_auth()));
    let speaks = async {
        let stream = TcpStream::connect(address).await.expect("a connection");
        connector.connect(ServerName::try_from("localhost").expect("a name"), stream).await.expect("a handshake")
    };
    let (_client, server) =
        tokio::time::timeout(Duration::from_secs(8), async { tokio::join!(speaks, incoming.next()) }).await.expect("in time");
    assert!(server.expect("it goes on").is_ok());
}
