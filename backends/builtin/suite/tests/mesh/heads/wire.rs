//! One message of HTTP/1.1 as it came over the wire: its head byte by byte, its body without its framing, and its trailers.

use super::told::Told;

/// Who sent it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Request,
    /// To a request of this method.
    Answer {
        to_head: bool,
    },
}

/// The first message, and how long it is; `None`: more has to come. `closed`: nothing will.
pub(super) fn message(bytes: &[u8], sort: Sort, closed: bool) -> Option<(Told, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head: Vec<String> = bytes[..end].split(|byte| *byte == b'\n').map(|line| text(line.strip_suffix(b"\r").unwrap_or(line))).collect();
    let rest = &bytes[end + 4..];
    let status = head[0].split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
    let has_none = match sort {
        Sort::Request => false,
        Sort::Answer { to_head } => to_head || matches!(status, Some(100..=199 | 204 | 304)),
    };
    let (body, trailers, length) = match framing(&head) {
        _ if has_none => (Vec::new(), Vec::new(), 0),
        Framing::Chunked => chunks(rest)?,
        Framing::Length(length) => (rest.get(..length)?.to_vec(), Vec::new(), length),
        Framing::None if sort == Sort::Request => (Vec::new(), Vec::new(), 0),
        Framing::None if closed => (rest.to_vec(), Vec::new(), rest.len()),
        Framing::None => return None,
    };
    Some((Told { head, body: text(&body), trailers }, end + 4 + length))
}

enum Framing {
    Chunked,
    Length(usize),
    None,
}

fn framing(head: &[String]) -> Framing {
    let value = |name: &str| head.iter().filter_map(|line| line.split_once(": ")).find(|(own, _)| own.eq_ignore_ascii_case(name));
    if value("transfer-encoding").is_some_and(|(_, coding)| coding.eq_ignore_ascii_case("chunked")) {
        return Framing::Chunked;
    }
    value("content-length").and_then(|(_, length)| length.parse().ok()).map_or(Framing::None, Framing::Length)
}

/// The body, its trailers, and how long all of it is.
fn chunks(rest: &[u8]) -> Option<(Vec<u8>, Vec<String>, usize)> {
    let (mut body, mut trailers, mut at) = (Vec::new(), Vec::new(), 0);
    let line = |at: usize| rest.get(at..)?.windows(2).position(|two| two == b"\r\n").map(|end| &rest[at..at + end]);
    loop {
        let size = line(at)?;
        let length = usize::from_str_radix(std::str::from_utf8(size).ok()?.split(';').next()?, 16).ok()?;
        at += size.len() + 2;
        if length == 0 {
            break;
        }
        body.extend_from_slice(rest.get(at..at + length)?);
        at += length + 2;
    }
    loop {
        let trailer = line(at)?;
        at += trailer.len() + 2;
        if trailer.is_empty() {
            return Some((body, trailers, at));
        }
        trailers.push(text(trailer));
    }
}

/// As it stands; what is no ASCII by its number.
pub(super) fn text(bytes: &[u8]) -> String {
    let one = |byte: &u8| match byte {
        b'\n' | b' '..=b'~' => char::from(*byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    bytes.iter().map(one).collect()
}
