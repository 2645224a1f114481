//! Heads that are too large, and callers of HTTP/2 who ask for too much: they are refused or cut off, others are served, and nothing is kept.

use std::io::{self, Write as _};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Caller, Mesh};

use super::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, Http2, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE, block, frame,
    request,
};
use super::raw::{each, send};
use super::scenario::{Shared, answered, get, trial};

/// What a proxy may have more of than before, in KiB: it does not keep what was sent.
const KEPT: u64 = 20 << 10;

/// How many frames make a flood.
const FLOOD: usize = 10_000;

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("limits/heads of HTTP/1.1", mesh, heads),
        trial("limits/heads of HTTP/2", mesh, blocks),
        trial("limits/floods of frames", mesh, floods),
        trial("limits/windows and streams that are not there", mesh, windows),
    ]
}

/// Both proxies that a caller can meet, and the name of each.
fn met(mesh: &Mesh) -> [(&'static str, Caller); 2] {
    [("web", mesh.caller("web", "api", 80)), ("api", mesh.caller_of_instance("legacy", "api", 8080))]
}

fn heads(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let many = |count: usize| (0..count).map(|number| format!("x-{number}: 1\r\n")).collect::<String>();
    let long = "x".repeat(70 << 10);
    // That of the host counts, and those that the proxy before has added.
    let cases = [
        ("95 headers", format!("GET / HTTP/1.1\r\nhost: api.shop\r\n{}\r\n", many(94)), "200"),
        ("101 headers", format!("GET / HTTP/1.1\r\nhost: api.shop\r\n{}\r\n", many(100)), "431 x"),
        ("5000 headers", format!("GET / HTTP/1.1\r\nhost: api.shop\r\n{}\r\n", many(5000)), "431 x"),
        ("70 KiB of one header", format!("GET / HTTP/1.1\r\nhost: api.shop\r\nx-a: {long}\r\n\r\n"), "431 x"),
        ("70 KiB of a name", format!("GET / HTTP/1.1\r\nhost: api.shop\r\nx{long}: 1\r\n\r\n"), "431 x|400 x"),
        (
            "70 KiB of headers",
            format!("GET / HTTP/1.1\r\nhost: api.shop\r\n{}\r\n", format!("x-a: {}\r\n", &long[..7 << 10]).repeat(10)),
            "431 x",
        ),
        ("70 KiB of a target", format!("GET /{long} HTTP/1.1\r\nhost: api.shop\r\n\r\n"), "431 x|414 x|400 x"),
        ("70 KiB of a method", format!("{} / HTTP/1.1\r\nhost: api.shop\r\n\r\n", "X".repeat(70 << 10)), "431 x|400 x|x"),
        ("a head without end", format!("GET / HTTP/1.1\r\nhost: api.shop\r\n{}", format!("x-a: {long}\r\n").repeat(30)), "431 x"),
    ];
    for (way, caller) in met(mesh) {
        each(&cases, |_, (what, text, fits)| {
            let came = send(&caller, text.as_bytes()).map_or_else(|error| error.to_string(), |came| came.to_string());
            (!fits.split('|').any(|fits| fits == came)).then(|| format!("{way}: {what}: {came}, not {fits}"))
        })?;
        answered(caller.call(&get("/")), 200, "api")?;
    }
    Ok(())
}

/// What is done on a connection of HTTP/2, and what comes of it.
type Attack = (&'static str, fn(&mut Http2) -> io::Result<()>, Ends);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// The connection, said by GOAWAY or not.
    Connection,
    /// The stream at most: the connection serves other requests, or it ends.
    Stream,
}

/// Each on a connection of its own, at both proxies. Others are served meanwhile, and little is kept.
fn play(mesh: &mut Mesh, attacks: &[Attack]) -> Result<(), Failed> {
    mesh.apply("")?;
    for (way, caller) in met(mesh) {
        for (what, attack, ends) in attacks {
            let failed = |why: &str| Failed::from(format!("{way}: {what}: {why}"));
            let before = mesh.taken(way)?.resident;
            let mut connection = Http2::begin(&caller, &[])?;
            let (done, meanwhile) = std::thread::scope(|scope| {
                let attacking = scope.spawn(|| attack(&mut connection));
                let meanwhile = (0..3).try_for_each(|_| answered(caller.call(&get("/")), 200, "api").map(drop));
                (attacking.join(), meanwhile)
            });
            // Who is cut off cannot send the rest.
            let cut = done.map_err(|_| "an attacker panicked")?.is_err();
            meanwhile.map_err(|why| failed(&format!("meanwhile: {why:?}")))?;
            let kept = mesh.taken(way)?.resident.saturating_sub(before);
            if kept > KEPT {
                return Err(failed(&format!("{kept} KiB more are kept")));
            }
            let ended = cut
                || if *ends == Ends::Connection { connection.is_ended(Duration::from_secs(3)) } else { served_or_ended(&mut connection) };
            if !ended {
                return Err(failed(if *ends == Ends::Connection { "the connection goes on" } else { "it is neither served nor ended" }));
            }
            answered(caller.call(&get("/")), 200, "api").map_err(|why| failed(&format!("afterwards: {why:?}")))?;
        }
    }
    Ok(())
}

/// A connection that is neither would time out.
fn served_or_ended(connection: &mut Http2) -> bool {
    let answered = connection.get(90_001, "/").and_then(|()| connection.is_answered(90_001));
    answered.map_or_else(|error| !matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock), |_| true)
}

fn blocks(mesh: &mut Mesh) -> Result<(), Failed> {
    let attacks: [Attack; 4] = [
        ("70 KiB in one block", |connection| one_block(connection, 70 << 10, usize::MAX), Ends::Stream),
        ("1 MiB in one block", |connection| one_block(connection, 1 << 20, usize::MAX), Ends::Stream),
        ("a block in frames without end", |connection| one_block(connection, 16 << 20, usize::MAX), Ends::Connection),
        ("a block in empty frames", |connection| one_block(connection, 1, FLOOD), Ends::Connection),
    ];
    play(mesh, &attacks)
}

/// Headers of so many bytes, in one block of as many frames as it takes; then so many empty ones. It never ends where it is endless.
fn one_block(connection: &mut Http2, bytes: usize, empty: usize) -> io::Result<()> {
    let mut payload = block(&request("GET", "/", "api.shop"));
    for number in 0..bytes / 4096 {
        payload.extend(block(&[(&format!("x-{number}"), &"x".repeat(4096))]));
    }
    connection.send(HEADERS, END_STREAM, 1, &payload[..payload.len().min(16_384)])?;
    for part in payload.get(16_384..).unwrap_or_default().chunks(16_384) {
        connection.send(CONTINUATION, 0, 1, part)?;
    }
    if empty != usize::MAX {
        connection.stream.write_all(&frame(CONTINUATION, 0, 1, &[]).repeat(empty))?;
    }
    if bytes <= 1 << 20 && empty == usize::MAX { connection.send(CONTINUATION, END_HEADERS, 1, &[]) } else { Ok(()) }
}

fn floods(mesh: &mut Mesh) -> Result<(), Failed> {
    let attacks: [Attack; 7] = [
        ("requests that are taken back at once", |connection| reset(connection, "/"), Ends::Connection),
        ("slow requests that are taken back at once", |connection| reset(connection, "/slow/500"), Ends::Connection),
        ("pings", |connection| connection.stream.write_all(&frame(PING, 0, 0, &[0; 8]).repeat(FLOOD)), Ends::Stream),
        ("settings", |connection| connection.stream.write_all(&frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 9]).repeat(FLOOD)), Ends::Stream),
        ("acknowledged settings", |connection| connection.stream.write_all(&frame(SETTINGS, ACK, 0, &[]).repeat(FLOOD)), Ends::Stream),
        ("empty data", empty_data, Ends::Stream),
        ("requests that are malformed", malformed, Ends::Connection),
    ];
    play(mesh, &attacks)
}

/// As in CVE-2023-44487.
fn reset(connection: &mut Http2, path: &str) -> io::Result<()> {
    let headers = block(&request("GET", path, "api.shop"));
    for number in 0..FLOOD as u32 {
        let stream = 2 * number + 1;
        let mut bytes = frame(HEADERS, END_STREAM | END_HEADERS, stream, &headers);
        bytes.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        connection.stream.write_all(&bytes)?;
    }
    Ok(())
}

fn empty_data(connection: &mut Http2) -> io::Result<()> {
    connection.send(HEADERS, END_HEADERS, 1, &block(&request("POST", "/", "api.shop")))?;
    connection.stream.write_all(&frame(DATA, 0, 1, &[]).repeat(FLOOD))
}

/// As in CVE-2025-8671: the proxy is made to take them back.
fn malformed(connection: &mut Http2) -> io::Result<()> {
    let headers = block(&request("POST", "/", "api.shop"));
    for number in 0..FLOOD as u32 {
        let stream = 2 * number + 1;
        let mut bytes = frame(HEADERS, END_HEADERS, stream, &headers);
        bytes.extend(frame(WINDOW_UPDATE, 0, stream, &0_u32.to_be_bytes()));
        connection.stream.write_all(&bytes)?;
    }
    Ok(())
}

fn windows(mesh: &mut Mesh) -> Result<(), Failed> {
    let attacks: [Attack; 6] = [
        ("a window beyond 2^31", |connection| connection.send(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes()), Ends::Connection),
        ("a window of nothing more", |connection| connection.send(WINDOW_UPDATE, 0, 0, &[0; 4]), Ends::Connection),
        ("initial windows up and down", up_and_down, Ends::Stream),
        ("data on a closed stream", closed_stream, Ends::Stream),
        ("data on a stream that never was", |connection| connection.send(DATA, 0, 5, b"x"), Ends::Connection),
        ("more data than the window", beyond, Ends::Stream),
    ];
    play(mesh, &attacks)
}

fn up_and_down(connection: &mut Http2) -> io::Result<()> {
    connection.get(1, "/bytes/100000")?;
    for number in 0..1000_u32 {
        let window = if number % 2 == 0 { 0_u32 } else { 70_000 };
        connection.send(SETTINGS, 0, 0, &[&[0, 4][..], &window.to_be_bytes()].concat())?;
    }
    Ok(())
}

fn closed_stream(connection: &mut Http2) -> io::Result<()> {
    connection.get(1, "/")?;
    connection.is_answered(1)?;
    (0..100).try_for_each(|_| connection.send(DATA, 0, 1, b"x"))
}

fn beyond(connection: &mut Http2) -> io::Result<()> {
    connection.send(HEADERS, END_HEADERS, 1, &block(&request("POST", "/slow/1000", "api.shop")))?;
    (0..200).try_for_each(|_| connection.send(DATA, 0, 1, &[0; 16_384]))?;
    connection.until(Duration::from_secs(3), |frame| matches!(frame.kind, RST_STREAM | GOAWAY)).map(drop)
}
