//! A call as one line.

use anstyle::{AnsiColor, Style};
use meshglot_observed::{Call, Direction, Party, Verdict};

use crate::Io;
use crate::lint::line::plain;

/// Who called whom, what for, what came of it and why. `wide`: with all that is known besides.
pub(super) fn line(call: &Call, wide: bool, io: &Io<'_>) -> String {
    let verdict = verdict(call.verdict, io);
    let (source, destination) = (plain(&call.source.name()), plain(&call.destination.name()));
    let status = call.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let mut line = format!("{} {verdict}  {source} {} {destination}  {}  {status}", time(&call.at), io.arrow(), what(call));
    line.push_str(&format!("  {}  {} ms", plain(policy(call.policy.as_deref(), call.direction)), call.duration_ms));
    // Why it never arrived, which no status says.
    if let Some(flags) = call.flags.as_deref().filter(|_| wide || call.verdict == Verdict::Failed) {
        line.push_str(&format!("  {}", plain(flags)));
    }
    if wide {
        line.push_str(&format!("  {}", rest(call)));
    }
    line
}

/// The deciding rule, for people. Of the called alone: a caller's proxy decides nothing.
pub(super) fn policy(policy: Option<&str>, direction: Direction) -> &str {
    policy.unwrap_or(if direction == Direction::Inbound { "default" } else { "-" })
}

/// The time of day; a file may hold anything.
fn time(at: &str) -> String {
    let time = at.split_once('T').map_or(at, |(_, time)| time);
    plain(time.strip_suffix('Z').unwrap_or(time))
}

fn verdict(verdict: Verdict, io: &Io<'_>) -> String {
    let (mark, ascii, colour) = match verdict {
        Verdict::Allowed => ("✔", "+", AnsiColor::Green),
        Verdict::Denied => ("✘", "x", AnsiColor::Red),
        Verdict::Failed => ("‼", "!", AnsiColor::Yellow),
    };
    let style = if io.colour_out { Style::new().fg_color(Some(colour.into())) } else { Style::new() };
    let mark = if io.unicode { mark } else { ascii };
    format!("{style}{mark} {:<7}{style:#}", verdict.word())
}

fn what(call: &Call) -> String {
    match &call.method {
        Some(method) => plain(&format!("{method} {}", call.path.as_deref().unwrap_or("/"))),
        None => plain(&format!("TCP {}", call.destination.address.as_deref().unwrap_or("-"))),
    }
}

fn rest(call: &Call) -> String {
    let way = if call.direction == Direction::Inbound { "in" } else { "out" };
    let mut words = vec![way.to_owned()];
    let mut word = |name: &str, value: Option<&str>| words.extend(value.map(|value| format!("{name}={}", plain(value))));
    let address = |party: &Party| party.address.clone();
    word("protocol", call.protocol.as_deref());
    word("authority", call.authority.as_deref());
    word("peer", call.source.identity.as_deref());
    word("source", address(&call.source).as_deref());
    word("destination", address(&call.destination).as_deref());
    word("details", call.details.as_deref());
    word("attempts", call.attempts.map(|count| count.to_string()).as_deref());
    word("in", Some(&call.bytes_in.to_string()));
    word("out", Some(&call.bytes_out.to_string()));
    words.join(" ")
}
