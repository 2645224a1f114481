//! Both ends of the proxy, which ask for no memory while a request goes through.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell";

/// How long the proxy may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers everything; its threads end with the process.
pub(crate) fn serve() -> u16 {
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
    let (mut buffer, mut filled) = ([0; 4096], 0);
    while let Ok(read @ 1..) = stream.read(&mut buffer[filled..]) {
        filled += read;
        if buffer[..filled].ends_with(b"\r\n\r\n") {
            filled = 0;
            if stream.write_all(ANSWER).is_err() {
                return;
            }
        }
    }
}

/// One connection to the proxy.
pub(crate) struct Caller {
    stream: TcpStream,
    request: String,
}

impl Caller {
    /// Waits until somebody listens. It calls what the rule of that number is about.
    pub(crate) fn connect(port: u16, number: usize) -> Self {
        let end = Instant::now() + PATIENCE;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = loop {
            match TcpStream::connect(address) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < end, "the proxy does not listen: {error}"),
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        stream.set_nodelay(true).expect("a socket");
        Self { stream, request: format!("GET /service/{number}/items HTTP/1.1\r\nhost: api\r\n\r\n") }
    }

    /// One request and its answer.
    pub(crate) fn call(&mut self) {
        self.stream.write_all(self.request.as_bytes()).expect("a connection");
        let (mut buffer, mut filled) = ([0; 4096], 0);
        while !buffer[..filled].ends_with(b"\r\n\r\nwell") {
            let read = self.stream.read(&mut buffer[filled..]).expect("a connection");
            filled += read;
            let said = || String::from_utf8_lossy(&buffer[..filled]);
            assert!(read > 0 && buffer.starts_with(b"HTTP/1.1 200"), "{}", said());
        }
    }
}
