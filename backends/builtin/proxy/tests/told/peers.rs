//! Both ends of the proxy: an application, and connections that call it.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// How long the proxy may take for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Answers requests to `/open/STATUS` or `/audited/STATUS` with that status, and becomes an echo for a WebSocket and for whatever is no request. Its threads
/// end with the process.
pub(crate) fn application() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || answer(stream));
        }
    });
    port
}

fn answer(mut stream: TcpStream) {
    let mut came = Vec::new();
    let mut buffer = [0; 4096];
    let mut is_echo = false;
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        came.extend(&buffer[..read]);
        let said = String::from_utf8_lossy(&came).into_owned();
        let answer = if is_echo || !said.contains("HTTP/1.1\r\n") {
            is_echo = true;
            std::mem::take(&mut came)
        } else if !said.ends_with("\r\n\r\n") {
            continue;
        } else if said.to_ascii_lowercase().contains("upgrade: websocket") {
            came.clear();
            is_echo = true;
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n".to_vec()
        } else {
            came.clear();
            let status = said.split([' ', '/']).nth(3).unwrap_or("200");
            format!("HTTP/1.1 {status} So\r\ncontent-length: 4\r\n\r\nwell").into_bytes()
        };
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

/// A connection to a port of the proxy; it waits until somebody listens.
pub(crate) fn connect(port: u16) -> TcpStream {
    let end = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
                return stream;
            }
            Err(error) => assert!(Instant::now() < end, "the proxy does not listen: {error}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a request on a connection of its own; the status of the answer.
pub(crate) fn call(port: u16, path: &str, headers: &str) -> u16 {
    let mut stream = connect(port);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: api\r\nconnection: close\r\n{headers}\r\n").expect("a connection");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {answer}"))
}

/// A connection that has become a WebSocket.
pub(crate) fn websocket(port: u16) -> TcpStream {
    let mut stream = connect(port);
    let head = "GET /open/chat HTTP/1.1\r\nhost: api\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("a connection");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("an answer");
        answer.extend(byte);
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&answer));
    stream
}

/// Says something that comes back.
pub(crate) fn echo(stream: &mut TcpStream, words: &[u8]) {
    stream.write_all(words).expect("a connection");
    let mut back = vec![0; words.len()];
    stream.read_exact(&mut back).expect("an echo");
    assert_eq!(back, words);
}
