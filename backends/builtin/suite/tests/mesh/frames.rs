//! Frames of HTTP/2 by hand: RFC 9113, section 4, and headers as RFC 7541, section 6.2.2 has them, never indexed by name.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use meshglot_suite::Caller;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const ACK: u8 = 1;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// One frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// A block of headers.
pub(crate) fn block(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in headers {
        bytes.push(0);
        for text in [name, value] {
            length(text.len(), &mut bytes);
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    bytes
}

/// An integer with a prefix of seven bits.
fn length(length: usize, bytes: &mut Vec<u8>) {
    let Some(mut left) = length.checked_sub(127) else { return bytes.push((length & 0x7f) as u8) };
    bytes.push(127);
    while left >= 128 {
        bytes.push((left & 0x7f) as u8 | 0x80);
        left >>= 7;
    }
    bytes.push(left as u8);
}

/// The headers of a request.
pub(crate) fn request<'r>(method: &'r str, path: &'r str, host: &'r str) -> [(&'r str, &'r str); 4] {
    [(":method", method), (":scheme", "http"), (":path", path), (":authority", host)]
}

/// A frame that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// A connection that has begun.
pub(crate) struct Http2 {
    pub(crate) stream: TcpStream,
    pub(crate) host: String,
    unread: Vec<u8>,
}

impl Http2 {
    /// `settings`: number and value.
    pub(crate) fn begin(caller: &Caller, settings: &[(u16, u32)]) -> io::Result<Self> {
        let mut stream = caller.stream()?;
        stream.write_all(PREFACE)?;
        let payload: Vec<u8> =
            settings.iter().flat_map(|(number, value)| [&number.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
        stream.write_all(&frame(SETTINGS, 0, 0, &payload))?;
        let mut this = Self { stream, host: caller.called().1.to_owned(), unread: Vec::new() };
        this.until(Duration::from_secs(5), |frame| frame.kind == SETTINGS && frame.flags & ACK == 0)?;
        this.send(SETTINGS, ACK, 0, &[])?;
        Ok(this)
    }

    pub(crate) fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        self.stream.write_all(&frame(kind, flags, stream, payload))
    }

    /// Asks for a path without a body.
    pub(crate) fn get(&mut self, stream: u32, path: &str) -> io::Result<()> {
        let host = self.host.clone();
        self.send(HEADERS, END_STREAM | END_HEADERS, stream, &block(&request("GET", path, &host)))
    }

    /// The next frame; `None`: the connection has ended.
    pub(crate) fn next(&mut self) -> io::Result<Option<Frame>> {
        let mut part = [0; 64 * 1024];
        loop {
            if let [a, b, c, kind, flags, d, e, f, g, rest @ ..] = &self.unread[..] {
                let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
                if let Some(payload) = rest.get(..length) {
                    let stream = u32::from_be_bytes([*d, *e, *f, *g]);
                    let frame = Frame { kind: *kind, flags: *flags, stream, payload: payload.to_vec() };
                    self.unread.drain(..9 + length);
                    return Ok(Some(frame));
                }
            }
            match self.stream.read(&mut part) {
                Ok(0) => return Ok(None),
                Ok(count) => self.unread.extend_from_slice(&part[..count]),
                Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// The first frame that is such a one, and comes in time; `None`: the connection ends before.
    pub(crate) fn until(&mut self, time: Duration, is: impl Fn(&Frame) -> bool) -> io::Result<Option<Frame>> {
        let end = Instant::now() + time;
        loop {
            let left = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
            self.stream.set_read_timeout(Some(left.ok_or(io::ErrorKind::TimedOut)?))?;
            match self.next()? {
                Some(frame) if !is(&frame) => {}
                found => return Ok(found),
            }
        }
    }

    /// Whether this one is answered with the head of an answer.
    pub(crate) fn is_answered(&mut self, stream: u32) -> io::Result<bool> {
        let found = self.until(Duration::from_secs(5), |frame| frame.stream == stream && matches!(frame.kind, HEADERS | RST_STREAM))?;
        Ok(found.is_some_and(|frame| frame.kind == HEADERS))
    }

    /// Waits for the end of the connection, or for what says that it will end.
    pub(crate) fn is_ended(&mut self, time: Duration) -> bool {
        match self.until(time, |frame| frame.kind == GOAWAY) {
            Ok(_) => true,
            Err(error) => !matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock),
        }
    }
}
