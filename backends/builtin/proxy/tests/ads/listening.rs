//! Listeners whose addresses change.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use envoy_types::pb::envoy::config::listener::v3::Listener;

use crate::whole::{Proxy, bytes, bytes_to, free, listener};

fn at(name: &str, addresses: &[SocketAddr]) -> Listener {
    listener(name, addresses, vec![bytes("bytes")])
}

fn call(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a socket");
    let mut hi = [0; 2];
    stream.read_exact(&mut hi).expect("an answer");
    assert_eq!(&hi, b"hi");
    stream
}

fn echoes(mut stream: &TcpStream) {
    stream.write_all(b"?").expect("it is open");
    let mut back = [0; 1];
    stream.read_exact(&mut back).expect("an answer");
}

/// Soon: each thread closes its own socket when it comes to it, and a resource is acknowledged before that.
async fn expect_nobody(address: SocketAddr) {
    let end = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < end, "somebody still listens there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_come_and_go_and_the_others_go_on() {
    let mut proxy = Proxy::start().await;
    let [one, two] = free();
    proxy.put(&[at("a", &[one])], &[]).await.expect("taken");
    let before = call(one);
    proxy.put(&[at("a", &[one, two])], &[]).await.expect("taken");
    for address in [one, two, one, two] {
        call(address);
    }
    proxy.put(&[at("a", &[two])], &[]).await.expect("taken");
    call(two);
    expect_nobody(one).await;
    echoes(&before);
    proxy.put(&[], &["a"]).await.expect("taken");
    expect_nobody(two).await;
    proxy.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_somebody_else_is_refused_and_what_was_goes_on() {
    let mut proxy = Proxy::start().await;
    let [one, two] = free();
    let somebody = TcpListener::bind(two).expect("it is free");
    proxy.put(&[at("a", &[one])], &[]).await.expect("taken");
    let why = proxy.put(&[at("a", &[one, two])], &[]).await.expect_err("it is somebody else's");
    assert!(why.starts_with(&format!("a: address: {two} cannot be listened on: ")), "{why}");
    call(one);
    drop(somebody);
    proxy.put(&[at("a", &[one, two])], &[]).await.expect("it is free");
    call(two);
    proxy.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_goes_to_another_listener_without_a_gap() {
    let mut proxy = Proxy::start().await;
    let [one] = free();
    proxy.put(&[at("a", &[one])], &[]).await.expect("taken");
    let why = proxy.put(&[at("b", &[one])], &[]).await.expect_err("it is a's");
    assert_eq!(why, format!("b: address: {one} is where the listener a listens"));
    let before = call(one);
    let (stop, stops) = std::sync::mpsc::channel::<()>();
    let calls = std::thread::spawn(move || {
        // One that was accepted before may end with the listener that has it.
        while stops.try_recv().is_err() {
            let _ = TcpStream::connect(one).expect("somebody listens").read(&mut [0; 2]);
        }
    });
    proxy.put(&[at("b", &[one])], &["a"]).await.expect("taken");
    call(one);
    proxy.put(&[at("a", &[one])], &["b"]).await.expect("taken");
    stop.send(()).expect("it runs");
    calls.join().expect("nobody was turned away");
    call(one);
    let mut end = [0; 1];
    assert_eq!((&before).read(&mut end).expect("it is closed"), 0, "it ends with its listener");
    proxy.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_when_such_connections_are_closed() {
    let mut proxy = Proxy::start().await;
    let [one] = free();
    proxy.put(&[at("a", &[one])], &[]).await.expect("taken");
    let mut before = call(one);
    proxy.put(&[listener("a", &[one], vec![bytes("other")])], &[]).await.expect("taken");
    echoes(&before);
    // The next ones go elsewhere.
    proxy.put(&[listener("a", &[one], vec![bytes_to("bytes", "another")])], &[]).await.expect("taken");
    echoes(&before);
    // Nowhere, without any rule that would say so.
    proxy.put(&[listener("a", &[one], vec![bytes_to("bytes", "closed")])], &[]).await.expect("taken");
    assert_eq!(before.read(&mut [0; 1]).expect("it is closed"), 0);
    proxy.end().await;
}
