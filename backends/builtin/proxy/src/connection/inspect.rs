//! What a connection begins with: TLS, HTTP, or something else.

use std::io;
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use rustls::server::Acceptor;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::routing::Facts;
use crate::table::Listener;

/// A beginning that is longer is none of those that are looked for. A client may say much of itself in TLS.
const LONGEST: usize = 64 << 10;

/// A first line of HTTP that is longer is none.
const LINE: usize = 8 << 10;

/// How HTTP/2 begins.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

/// What the bytes so far say.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// More have to come.
    Little,
    Tls {
        server_name: Option<Box<str>>,
        protocols: Vec<Box<str>>,
    },
    Http(&'static str),
    Other,
}

/// Looks at the first bytes of a connection as long as the listener allows. `None`: it is closed.
pub(super) async fn inspect(stream: &mut TcpStream, listener: &Listener, called: SocketAddr) -> io::Result<Option<(Facts, Bytes)>> {
    let mut buffer = BytesMut::new();
    let wanted = (listener.sees_tls.contains(called.port()), listener.sees_http.contains(called.port()));
    let looked = tokio::time::timeout(listener.patience, look(stream, &mut buffer, wanted)).await;
    let seen = match looked {
        Ok(seen) => seen?,
        Err(_) if listener.goes_on => Seen::Other,
        Err(_) => return Ok(None),
    };
    let plain = |protocols| Facts { called, is_tls: false, server_name: None, protocols };
    let facts = match seen {
        Seen::Tls { server_name, protocols } => Facts { called, is_tls: true, server_name, protocols },
        Seen::Http(version) => plain(vec![version.into()]),
        Seen::Other | Seen::Little => plain(Vec::new()),
    };
    Ok(Some((facts, buffer.freeze())))
}

/// Reads until it is clear, or the other side has nothing more to say.
async fn look(stream: &mut TcpStream, buffer: &mut BytesMut, (tls, http): (bool, bool)) -> io::Result<Seen> {
    let mut hello = Hello::default();
    loop {
        let seen = match if tls { hello.seen(buffer) } else { Seen::Other } {
            Seen::Other if http => seen_http(buffer),
            seen => seen,
        };
        if seen != Seen::Little || buffer.len() > LONGEST {
            return Ok(seen);
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(Seen::Other);
        }
    }
}

/// The hello of a TLS client, as far as it is there.
#[derive(Default)]
struct Hello {
    acceptor: Acceptor,
    /// So many bytes have been read: each once, however they come.
    read: usize,
}

impl Hello {
    /// `bytes`: all so far.
    fn seen(&mut self, bytes: &[u8]) -> Seen {
        // A record of a handshake, version 3.x.
        match bytes {
            [] | [0x16] => return Seen::Little,
            [0x16, 3, ..] => {}
            _ => return Seen::Other,
        }
        while self.read < bytes.len() {
            match self.acceptor.read_tls(&mut &bytes[self.read..]) {
                Ok(read) if read > 0 => self.read += read,
                _ => return Seen::Other,
            }
            match self.acceptor.accept() {
                Ok(None) => {}
                Err(_) => return Seen::Other,
                Ok(Some(accepted)) => {
                    let hello = accepted.client_hello();
                    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(Into::into);
                    let protocols = hello.alpn().into_iter().flatten().filter_map(text).collect();
                    return Seen::Tls { server_name: hello.server_name().map(Into::into), protocols };
                }
            }
        }
        Seen::Little
    }
}

/// Reads the first line of a request, as far as it is there.
fn seen_http(bytes: &[u8]) -> Seen {
    if bytes.starts_with(PREFACE) {
        return Seen::Http("h2c");
    }
    if PREFACE.starts_with(bytes) {
        return Seen::Little;
    }
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let line = &bytes[..end.unwrap_or(bytes.len())];
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let method = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    let is_method = !method.is_empty() && method.iter().all(is_token);
    // What is no method will be none with more bytes, and what has control characters is no line.
    let is_line = line.strip_suffix(b"\r").unwrap_or(line).iter().all(|byte| *byte >= b' ' && *byte != 0x7f);
    if (!is_method && !line.is_empty()) || !is_line || line.len() > LINE {
        return Seen::Other;
    }
    if end.is_none() {
        return Seen::Little;
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.rsplit(|byte| *byte == b' ').next() {
        Some(b"HTTP/1.1") => Seen::Http("http/1.1"),
        Some(b"HTTP/1.0") => Seen::Http("http/1.0"),
        _ => Seen::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case(b"", Seen::Little ; "nothing")]
    #[test_case(b"PRI * HT", Seen::Little ; "half a preface")]
    #[test_case(b"PRI * HTTP/2.0\r\n\r\nSM", Seen::Http("h2c") ; "a preface")]
    #[test_case(b"GET / HTT", Seen::Little ; "half a line")]
    #[test_case(b"GET / HTTP/1.1\r", Seen::Little ; "a line but for its end")]
    #[test_case(b"GET / HTTP/1.1\r\nHost", Seen::Http("http/1.1") ; "a line")]
    #[test_case(b"QUERY /x y HTTP/1.0\r\n", Seen::Http("http/1.0") ; "any method")]
    #[test_case(b"EHLO me\r\n", Seen::Other ; "another protocol")]
    #[test_case(b"\x00\x01", Seen::Other ; "bytes")]
    #[test_case(b"*1\r\n$4\r\nPING\r\n", Seen::Other ; "redis")]
    fn http(bytes: &[u8], want: Seen) {
        assert_eq!(seen_http(bytes), want);
    }

    #[test_case(b"", Seen::Little ; "nothing")]
    #[test_case(b"\x16\x03\x01\x02", Seen::Little ; "the beginning of a record")]
    #[test_case(b"GET", Seen::Other ; "no record")]
    #[test_case(b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", Seen::Other ; "no hello")]
    fn tls(bytes: &[u8], want: Seen) {
        assert_eq!(seen_tls(bytes), want);
    }

    fn seen_tls(bytes: &[u8]) -> Seen {
        Hello::default().seen(bytes)
    }

    /// However it comes, what is seen is the same.
    #[test]
    fn a_hello_byte_by_byte() {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
        let mut config = config.expect("versions").with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
        config.alpn_protocols = vec![b"meshglot".to_vec(), vec![b'x'; 200]];
        let name = "api.shop".try_into().expect("a name");
        let mut client = rustls::ClientConnection::new(config.into(), name).expect("a connection");
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).expect("a hello");
        let (mut hello, whole) = (Hello::default(), seen_tls(&bytes));
        assert!(
            matches!(&whole, Seen::Tls { server_name: Some(name), protocols } if &**name == "api.shop" && protocols.len() == 2),
            "{whole:?}"
        );
        for end in 0..bytes.len() {
            assert_eq!(hello.seen(&bytes[..end]), Seen::Little, "{end}");
        }
        assert_eq!(hello.seen(&bytes), whole);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        /// Whatever comes is answered, and more bytes do not take back what was clear.
        #[test]
        fn what_is_clear_stays(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"GET /HTP1.\r\n\x16\x03".to_vec())], 0..40)) {
            for see in [seen_http as fn(&[u8]) -> Seen, seen_tls] {
                for end in 0..bytes.len() {
                    let before = see(&bytes[..end]);
                    if before != Seen::Little {
                        prop_assert_eq!(see(&bytes), before);
                        break;
                    }
                }
            }
        }
    }
}
