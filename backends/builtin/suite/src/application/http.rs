//! An application of requests, over whatever carries them.
//!
//! Paths say what is wanted: `/status/N` another status, `/slow/N` a pause of N milliseconds, `/bytes/N` so long a body.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::time::Duration;

/// Answers requests until the other side ends; each answer tells the request as it came.
pub(crate) fn converse(stream: impl Read + Write, name: &str, wait: &dyn Fn()) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let Some(head) = head(&mut stream)? else { return Ok(()) };
        let length = head.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let received = io::copy(&mut stream.by_ref().take(length.unwrap_or(0)), &mut io::sink())?;
        let first = head.first().map(String::as_str).unwrap_or_default();
        let path = first.split(' ').nth(1).unwrap_or_default();
        let number = |of: &str| path.strip_prefix(of).and_then(|rest| rest.parse::<u64>().ok());
        if let Some(pause) = number("/slow/") {
            std::thread::sleep(Duration::from_millis(pause));
        }
        wait();
        if head.iter().any(|line| line.eq_ignore_ascii_case("upgrade: websocket")) {
            return upgraded(stream, name);
        }
        let body = match number("/bytes/") {
            Some(length) => "x".repeat(usize::try_from(length).unwrap_or(usize::MAX)),
            None => head.join("\n"),
        };
        let status = number("/status/").unwrap_or(200);
        let mut answer =
            format!("HTTP/1.1 {status} Told\r\ncontent-length: {}\r\nx-served-by: {name}\r\nx-received: {received}\r\n\r\n", body.len());
        if !first.starts_with("HEAD ") {
            answer.push_str(&body);
        }
        // In one piece: two would wait for each other's acknowledgement.
        stream.get_mut().write_all(answer.as_bytes())?;
        stream.get_mut().flush()?;
    }
}

/// The lines before the empty one; `None`: there is no further request.
fn head(stream: &mut impl BufRead) -> io::Result<Option<Vec<String>>> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line.trim_end().is_empty() {
            return Ok(Some(head));
        }
        head.push(line.trim_end().to_owned());
    }
}

/// What comes after an upgrade is sent back.
fn upgraded(mut stream: BufReader<impl Read + Write>, name: &str) -> io::Result<()> {
    let answer = format!("HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\nx-served-by: {name}\r\n\r\n");
    stream.get_mut().write_all(answer.as_bytes())?;
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        stream.get_mut().write_all(&buffer[..count])?;
    }
}
