//! Connections that do not end by themselves: their bytes have gone all the same.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use socket2::SockRef;
use test_case::test_case;

use crate::peers::{connect, echo, websocket};
use crate::under_test::UnderTest;

const WORDS: &[u8] = b"some words";

/// How a connection ends.
#[derive(Clone, Copy, Debug)]
enum End {
    ByItself,
    /// The caller resets it.
    Reset,
    /// The proxy ends before it does.
    Cut,
}

fn ended(proxy: UnderTest, stream: TcpStream, how: End) -> Vec<Value> {
    match how {
        End::Cut => {
            let log = proxy.end();
            drop(stream);
            log
        }
        End::ByItself | End::Reset => {
            if matches!(how, End::Reset) {
                SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("a socket");
            }
            drop(stream);
            // The proxy has to see it before it is told to end.
            std::thread::sleep(Duration::from_millis(200));
            proxy.end()
        }
    }
}

#[test_case(End::ByItself ; "that ends by itself")]
#[test_case(End::Reset ; "that is reset")]
#[test_case(End::Cut ; "that is cut")]
fn bytes_of_a_connection(how: End) {
    let proxy = UnderTest::start();
    let mut stream = connect(proxy.ports.bytes);
    echo(&mut stream, WORDS);
    echo(&mut stream, WORDS);
    let log = ended(proxy, stream, how);
    let line = log.iter().find(|line| line["protocol"] == "TCP" && line["upstream"].is_string()).expect("a line");
    assert_eq!((&line["bytes_in"], &line["bytes_out"]), (&20.into(), &20.into()), "{line}");
}

#[test_case(End::ByItself ; "that ends by itself")]
#[test_case(End::Reset ; "that is reset")]
#[test_case(End::Cut ; "that is cut")]
fn bytes_of_a_websocket(how: End) {
    let proxy = UnderTest::start();
    let mut stream = websocket(proxy.ports.requests);
    echo(&mut stream, WORDS);
    echo(&mut stream, WORDS);
    let log = ended(proxy, stream, how);
    let line = log.iter().find(|line| line["status"] == 101).expect("a line");
    assert_eq!((&line["bytes_in"], &line["bytes_out"]), (&20.into(), &20.into()), "{line}");
}

#[test]
fn bytes_are_counted() {
    let proxy = UnderTest::start();
    let mut stream = connect(proxy.ports.bytes);
    echo(&mut stream, WORDS);
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("a socket");
    drop(stream);
    for way in ["received", "sent"] {
        let line = proxy.counter("meshglot_proxy_connection_bytes_total", &[&format!("way=\"{way}\"")]);
        assert!(line.ends_with(" 10"), "{line}");
    }
    proxy.end();
}
