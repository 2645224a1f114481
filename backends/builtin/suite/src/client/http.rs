//! Requests of HTTP/1.1, written and read by hand, so that they go over the wire as they stand in a scenario.

use std::io::{self, Read, Write};

use super::{Answer, Call, unless_refused};

/// One request and its response. `stays`: the connection is used again.
pub(crate) fn exchange(stream: &mut (impl Read + Write), host: &str, call: &Call, stays: bool) -> io::Result<Answer> {
    let Call::Http { method, target, headers, body } = call else {
        return Err(io::Error::other("this connection carries requests"));
    };
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n");
    if !stays {
        head.push_str("connection: close\r\n");
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if *body > 0 {
        head.push_str(&format!("content-length: {body}\r\n"));
    }
    head.push_str("\r\n");
    let mut request = head.into_bytes();
    request.resize(request.len() + body, b'x');
    unless_refused(stream.write_all(&request).and_then(|()| stream.flush()), ())?;
    Ok(response(&whole(stream, method == "HEAD")?))
}

/// Asks for a websocket, and sends bytes over it.
pub(super) fn upgrade(stream: &mut (impl Read + Write), host: &str) -> io::Result<bool> {
    let request = format!("GET /socket HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let head = String::from_utf8_lossy(&whole(stream, true)?).into_owned();
    if !head.starts_with("HTTP/1.1 101 ") {
        return Ok(false);
    }
    let sent = [0x81, 0x02, 0x00, 0xff, b'\r', b'\n', b'\r', b'\n'];
    stream.write_all(&sent)?;
    let mut came = [0; 8];
    unless_refused(stream.read_exact(&mut came), ())?;
    Ok(came == sent)
}

/// A response to its end: a proxy takes its time to close.
fn whole(stream: &mut impl Read, without_body: bool) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        if let Some((head, body)) = parts(&text) {
            let length = field(&head, "content-length").and_then(|length| length.parse().ok());
            if without_body || length.is_some_and(|length: usize| body.len() >= length) {
                return Ok(text);
            }
        }
        match unless_refused(stream.read(&mut part), 0)? {
            0 => return Ok(text),
            count => text.extend_from_slice(&part[..count]),
        }
    }
}

fn parts(text: &[u8]) -> Option<(String, &[u8])> {
    let end = text.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&text[..end]).into_owned(), &text[end + 4..]))
}

/// A header of a response.
fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().filter_map(|line| line.split_once(": ")).find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn response(text: &[u8]) -> Answer {
    let Some((head, body)) = parts(text) else { return Answer::Closed };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let served_by = field(&head, "x-served-by").unwrap_or_default().to_owned();
    Answer::Http { status, served_by, body: String::from_utf8_lossy(body).into_owned(), head }
}
