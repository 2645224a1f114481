//! Bytes as they stand, sent over a connection of their own, and the answers that come.

use std::fmt;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use meshglot_suite::{Caller, Mesh};

use super::message::{Message, Parsed, parse};

/// How long a first answer is waited for, and the next one after it.
const FIRST: Duration = Duration::from_millis(2500);
const NEXT: Duration = Duration::from_millis(400);

/// Who is refused is perhaps given some time to read why, before the end.
const LAST: Duration = Duration::from_secs(3);

/// What came back.
#[derive(Debug, Default)]
pub(crate) struct Came {
    /// Whole answers, but for those that are only provisional.
    pub(crate) answers: Vec<Message>,
    /// What stands behind them: nothing, or no whole answer.
    pub(crate) rest: Vec<u8>,
    /// Nothing more can come.
    pub(crate) closed: bool,
}

impl fmt::Display for Came {
    /// `200 400 x`: these answers, then the end; `...`: with something behind them that is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = self.answers.iter().map(|answer| answer.status().to_string()).collect();
        words.extend((!self.rest.is_empty()).then(|| "...".to_owned()));
        words.extend(self.closed.then(|| "x".to_owned()));
        f.write_str(if words.is_empty() { "nothing".to_owned() } else { words.join(" ") }.as_str())
    }
}

/// Sends this, and reads until nothing more comes.
pub(crate) fn send(caller: &Caller, bytes: &[u8]) -> io::Result<Came> {
    let mut stream = caller.stream()?;
    // Who refuses need not read all of it.
    let _ = stream.write_all(bytes);
    read(&mut stream)
}

/// Reads answers until nothing more comes.
pub(crate) fn read(stream: &mut std::net::TcpStream) -> io::Result<Came> {
    let (mut bytes, mut came) = (Vec::new(), Came::default());
    let mut until = Instant::now() + FIRST;
    let mut part = [0; 16 * 1024];
    while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part) {
            Ok(0) => came.closed = true,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => break,
            // A connection that is reset is closed.
            Err(_) => came.closed = true,
        }
        (came.answers, came.rest) = answers(&bytes, came.closed);
        if came.closed {
            break;
        }
        if let Some(last) = came.answers.last() {
            until = Instant::now() + if last.status() >= 400 { LAST } else { NEXT };
        }
    }
    Ok(came)
}

/// Whole answers, and what is left.
fn answers(mut bytes: &[u8], closed: bool) -> (Vec<Message>, Vec<u8>) {
    let mut answers = Vec::new();
    while let Parsed::Whole(answer, length) = parse(bytes, closed) {
        bytes = &bytes[length..];
        if answer.status() >= 200 {
            answers.push(answer);
        }
    }
    (answers, bytes.to_vec())
}

/// The name by which the workload is called whose application these tests replace.
pub(crate) const HOST: &str = "api-v2.shop";

/// Both ways to it: past the caller's proxy and its own, and past its own alone.
pub(crate) fn ways(mesh: &Mesh) -> [(&'static str, Caller); 2] {
    [("outbound", mesh.caller("web", "api-v2", 80)), ("inbound", mesh.caller_of_instance("legacy", "api-v2", 8080))]
}

/// One request that means no harm, on a connection of its own, and its answer, which has to be the right one.
pub(crate) fn innocent(caller: &Caller, number: usize) -> Result<(), String> {
    let request = format!("GET /innocent/{number} HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n");
    let came = send(caller, request.as_bytes()).map_err(|error| error.to_string())?;
    let right = format!("GET /innocent/{number} HTTP/1.1");
    match &came.answers[..] {
        [one] if one.status() == 200 && one.body.starts_with(right.as_bytes()) && came.rest.is_empty() => Ok(()),
        _ => Err(format!("an innocent request is answered {came}: {came:?}")),
    }
}

/// Does something with each of many cases, a few at a time, and collects what is wrong.
pub(crate) fn each<T: Sync>(cases: &[T], check: impl Fn(usize, &T) -> Option<String> + Sync) -> Result<(), Failed> {
    let (next, wrong) = (std::sync::atomic::AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { return };
                    if let Some(why) = check(number, case) {
                        wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(why);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
