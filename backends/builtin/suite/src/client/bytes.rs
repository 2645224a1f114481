//! Calls of bytes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use super::{Answer, unless_refused};
use crate::application::WELCOME;

/// Sends a word and waits for it. `first`: who answers says first who it is.
pub(super) fn echoed(stream: &mut TcpStream, first: bool) -> io::Result<Answer> {
    unless_refused(stream.write_all(b"ping\n"), ())?;
    let who = if first { line(stream)? } else { String::new() };
    Ok(if line(stream)? == "ping\n" { Answer::Echoed(who.trim_end().to_owned()) } else { Answer::Closed })
}

/// Says nothing, and waits for what is said.
pub(super) fn listened(stream: &mut TcpStream) -> io::Result<Answer> {
    let line = line(stream)?;
    Ok(line.strip_prefix(WELCOME).map_or(Answer::Closed, |who| Answer::Banner(who.trim_end().to_owned())))
}

/// Sends many bytes, ends, and waits for all of them.
pub(super) fn bulk(stream: &mut TcpStream, length: usize) -> io::Result<Answer> {
    // No two neighbours alike: what is lost, doubled or moved is seen.
    let sent: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
    let mut writer = stream.try_clone()?;
    let mut came = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // What is not sent does not come back.
            let _ = writer.write_all(&sent).and_then(|()| writer.shutdown(Shutdown::Write));
        });
        unless_refused(stream.read_to_end(&mut came), 0)
    })?;
    let name = came.iter().position(|byte| *byte == b'\n').unwrap_or(came.len());
    let (who, rest) = came.split_at(name);
    let same = rest.get(1..).is_some_and(|rest| rest == sent);
    Ok(if same { Answer::Echoed(String::from_utf8_lossy(who).into_owned()) } else { Answer::Closed })
}

/// What comes until a line ends or nothing more comes.
fn line(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\n") {
        match unless_refused(stream.read(&mut byte), 0)? {
            0 => break,
            _ => text.push(byte[0]),
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
