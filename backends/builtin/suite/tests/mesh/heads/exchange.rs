//! One case: sent, received, answered.

use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use meshglot_suite::Caller;

use super::case::{Asks, Case};
use super::http2;
use super::server::Server;
use super::told::Told;
use super::wire::{Sort, message};

/// How long a part of an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The lines of a recording.
pub(super) fn play(caller: &Caller, server: &Server, case: &Case) -> Vec<String> {
    server.says(case.says);
    drop(server.received());
    let answered = match &case.asks {
        Asks::Http1(bytes) => http1(caller, bytes),
        Asks::Http2(ask) => http2::ask(caller, ask).map(|told| vec![told]),
    };
    let received = server.received();
    let section = |title: &str, told: &[Told]| -> Vec<String> {
        let each = told.iter().map(Told::lines);
        each.flat_map(|lines| [vec![format!("--- {title}")], lines].concat()).collect()
    };
    let answered = match answered {
        Ok(answered) => section("answered", &answered),
        Err(error) => vec![format!("--- not answered: {error}")],
    };
    [section("received", &received), answered].concat()
}

/// All answers, those that are only provisional among them. What a head says of the end of the connection has to be so.
fn http1(caller: &Caller, request: &[u8]) -> io::Result<Vec<Told>> {
    let mut stream = caller.stream()?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    let sort = Sort::Answer { to_head: request.starts_with(b"HEAD ") };
    let (mut answers, mut bytes, mut part, mut closed) = (Vec::new(), Vec::new(), [0; 16 * 1024], false);
    loop {
        while let Some((mut answer, length)) = message(&bytes, sort, closed) {
            bytes.drain(..length);
            let is_last = !answer.head[0].starts_with("HTTP/1.1 1");
            if is_last && answer.head.iter().any(|line| line.eq_ignore_ascii_case("connection: close")) {
                let ends = closed || stream.read(&mut part)? == 0;
                answer.trailers.push(if ends { "and the connection ends" } else { "and more comes" }.to_owned());
            }
            answers.push(answer);
            if is_last {
                return Ok(answers);
            }
        }
        match stream.read(&mut part) {
            _ if closed => return Err(io::Error::other(format!("half an answer: {}", super::wire::text(&bytes)))),
            Ok(0) => closed = true,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => closed = true,
            Err(error) => return Err(error),
        }
    }
}
