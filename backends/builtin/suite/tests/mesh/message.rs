//! One message of HTTP/1.1, read without any leniency: what passes here everybody reads alike.

/// A head and a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// The first line.
    pub(crate) first: String,
    /// Name, in lower case, and value.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What bytes begin with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// A message of so many bytes.
    Whole(Message, usize),
    /// More have to come.
    Part,
    /// Something that others may read otherwise.
    Doubtful(String),
}

impl Message {
    pub(crate) fn status(&self) -> u16 {
        self.first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    pub(crate) fn target(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// Reads one. `closed`: nothing more will come, so that an answer may end with the connection.
pub(crate) fn parse(bytes: &[u8], closed: bool) -> Parsed {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Parsed::Part };
    let mut message = match head(&bytes[..end]) {
        Ok(message) => message,
        Err(why) => return Parsed::Doubtful(why),
    };
    let rest = &bytes[end + 4..];
    let framed = match framing(&message) {
        Err(why) => return Parsed::Doubtful(why),
        Ok(Framing::Length(length)) => rest.get(..length).map(|body| (body.to_vec(), length)).ok_or(None),
        Ok(Framing::Chunked) => chunks(rest),
        Ok(Framing::End) if closed => Ok((rest.to_vec(), rest.len())),
        Ok(Framing::End) => Err(None),
    };
    match framed {
        Ok((body, length)) => {
            message.body = body;
            Parsed::Whole(message, end + 4 + length)
        }
        Err(None) => Parsed::Part,
        Err(Some(why)) => Parsed::Doubtful(why),
    }
}

enum Framing {
    Length(usize),
    Chunked,
    End,
}

fn head(bytes: &[u8]) -> Result<Message, String> {
    if let Some(byte) = bytes.iter().find(|byte| !matches!(byte, b'\t' | b'\r' | b'\n' | 0x20..=0x7e | 0x80..)) {
        return Err(format!("byte {byte:#x}"));
    }
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default().to_owned();
    if text.replace("\r\n", "").contains(['\r', '\n']) || first.split(' ').count() < 3 {
        return Err(format!("{text:?}"));
    }
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let header = |line: &str| {
        let (name, value) = line.split_once(':').filter(|(name, _)| !name.is_empty() && name.bytes().all(is_token))?;
        Some((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()))
    };
    let headers = lines.map(|line| header(line).ok_or_else(|| format!("{line:?}"))).collect::<Result<_, _>>()?;
    Ok(Message { first, headers, body: Vec::new() })
}

fn framing(message: &Message) -> Result<Framing, String> {
    let is_answer = message.first.starts_with("HTTP/");
    match (&message.all("content-length")[..], &message.all("transfer-encoding")[..]) {
        _ if is_answer && matches!(message.status(), 100..=199 | 204 | 304) => Ok(Framing::Length(0)),
        ([], []) if is_answer => Ok(Framing::End),
        ([], []) => Ok(Framing::Length(0)),
        ([], ["chunked"]) => Ok(Framing::Chunked),
        ([length], []) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
            length.parse().map(Framing::Length).map_err(|error| format!("{length}: {error}"))
        }
        (lengths, codings) => Err(format!("lengths {lengths:?}, codings {codings:?}")),
    }
}

/// The body in chunks, without trailers; `None`: it goes on.
fn chunks(mut rest: &[u8]) -> Result<(Vec<u8>, usize), Option<String>> {
    let (mut body, whole) = (Vec::new(), rest.len());
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").ok_or(None)?;
        let size = String::from_utf8_lossy(&rest[..end]).into_owned();
        let is_size = !size.is_empty() && size.len() <= 8 && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        let length = usize::from_str_radix(&size, 16).ok().filter(|_| is_size).ok_or_else(|| Some(format!("chunk {size:?}")))?;
        let chunk = rest.get(end + 2..end + 4 + length).ok_or(None)?;
        if !chunk.ends_with(b"\r\n") {
            return Err(Some(format!("chunk {chunk:?}, or a trailer")));
        }
        body.extend_from_slice(&chunk[..length]);
        rest = &rest[end + 4 + length..];
        if length == 0 {
            return Ok((body, whole - rest.len()));
        }
    }
}
