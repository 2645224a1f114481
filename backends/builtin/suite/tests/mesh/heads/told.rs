//! One message as it is recorded: what no two runs have in common stands there by its name, once its form is checked.

/// A message of whichever version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Its first line and its headers, in their order.
    pub(super) head: Vec<String>,
    pub(super) body: String,
    pub(super) trailers: Vec<String>,
}

impl Told {
    /// Lines of a recording. Headers stand by name: between two names their order means nothing (RFC 9110, section 5.3), and among those of
    /// one name it stays.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { head, body, trailers } = self;
        let (first, headers) = head.split_at(head.len().min(1));
        let sorted = |lines: &[String]| {
            let mut lines: Vec<String> = lines.iter().map(|line| masked(line)).collect();
            lines.sort_by_key(|line| line.split(':').next().map(str::to_ascii_lowercase));
            lines
        };
        let body = body.lines().map(|line| format!("| {line}"));
        let trailers = sorted(trailers).into_iter().map(|line| format!("+ {line}"));
        first.iter().cloned().chain(sorted(headers)).chain(body).chain(trailers).collect()
    }
}

/// What is made anew each time; anything that has not its form stays, and is told to differ.
fn masked(line: &str) -> String {
    let Some((name, value)) = line.split_once(": ") else { return line.to_owned() };
    match name {
        "x-request-id" if is_uuid(value) => format!("{name}: UUID"),
        "date" if is_now(value) => format!("{name}: NOW"),
        "x-forwarded-client-cert" => format!("{name}: {}", without_digest(value)),
        _ => line.to_owned(),
    }
}

/// A random one: version 4.
fn is_uuid(value: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => b"89ab".contains(&byte),
            _ => is_digit(byte),
        })
}

/// Certificates are made anew, and their digests.
fn without_digest(value: &str) -> String {
    let is_digest = |digest: &str| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let part = |part: &str| match part.strip_prefix("Hash=").filter(|digest| is_digest(digest)) {
        Some(_) => "Hash=SHA256".to_owned(),
        None => part.to_owned(),
    };
    value.split(';').map(part).collect::<Vec<_>>().join(";")
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, of this century.
fn is_now(value: &str) -> bool {
    let words: Vec<&str> = value.split(' ').collect();
    let is_number = |word: &str, length: usize| word.len() == length && word.bytes().all(|byte| byte.is_ascii_digit());
    let [day, date, month, year, time, "GMT"] = words[..] else { return false };
    let is_time = time.split(':').filter(|part| is_number(part, 2)).count() == 3;
    day.len() == 4 && is_number(date, 2) && month.len() == 3 && is_number(year, 4) && year.starts_with("20") && is_time
}
