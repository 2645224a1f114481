//! Answers of an application that means harm: whoever asked gets one that is well formed, or is told that there is none, and nobody else
//! gets what was left over.

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Caller, Mesh};

use super::backend::{told, with_backend};
use super::message::Message;
use super::raw::{Came, HOST, each, innocent, send, ways};
use super::scenario::{Shared, trial};

/// An answer: what it is called, and its bytes. `{P}`: an answer to somebody else.
struct Malice {
    name: &'static str,
    text: &'static str,
    /// It is meant to end with the connection.
    closes: bool,
}

const fn malice(name: &'static str, text: &'static str) -> Malice {
    Malice { name, text, closes: false }
}

const fn ending(name: &'static str, text: &'static str) -> Malice {
    Malice { closes: true, ..malice(name, text) }
}

const UNASKED: &str = "another protocol that nobody asked for";

const ANSWERS: [Malice; 41] = [
    malice("length and coding", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{P}"),
    malice("coding and length", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 60\r\n\r\n5\r\nhello\r\n0\r\n\r\n{P}"),
    malice("no such coding", "HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\ncontent-length: 5\r\n\r\nhello{P}"),
    malice("chunks that are not the last coding", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{P}"),
    malice("differing lengths", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 60\r\n\r\nhello{P}"),
    malice("a list of differing lengths", "HTTP/1.1 200 OK\r\ncontent-length: 5, 60\r\n\r\nhello{P}"),
    malice("a length with a plus", "HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello{P}"),
    malice("a length below zero", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nhello{P}"),
    malice("a huge length", "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551621\r\n\r\nhello{P}"),
    malice("an empty length", "HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n{P}"),
    malice("a chunk of size 0x5", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n{P}"),
    malice("a size of 17 digits", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n{P}"),
    malice("no line break behind a chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n{P}"),
    malice("a bare line feed behind a size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n{P}"),
    malice(
        "trailers that would frame it",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\ncontent-length: 60\r\n\r\n{P}",
    ),
    malice("two status lines", "HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello{P}"),
    malice("two answers", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello{P}"),
    malice("two answers in chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n{P}"),
    malice("half an answer more", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\npoisoned"),
    malice("one byte more", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello!"),
    malice("line breaks more", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello\r\n\r\n"),
    malice("204 with a body", "HTTP/1.1 204 No Content\r\n\r\n{P}"),
    malice("204 with a length", "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello{P}"),
    malice("304 with a body", "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n{P}"),
    malice(UNASKED, "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n{P}"),
    malice("early hints", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"),
    malice("status 99", "HTTP/1.1 99 Low\r\ncontent-length: 5\r\n\r\nhello{P}"),
    malice("status 1000", "HTTP/1.1 1000 High\r\ncontent-length: 5\r\n\r\nhello{P}"),
    malice("status 2OO", "HTTP/1.1 2OO OK\r\ncontent-length: 5\r\n\r\nhello{P}"),
    malice("HTTP/2.0 in text", "HTTP/2.0 200 OK\r\ncontent-length: 5\r\n\r\nhello{P}"),
    malice("another protocol", "ICY 200 OK\r\ncontent-length: 5\r\n\r\nhello{P}"),
    malice("a request", "GET /smuggled HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    malice("a folded line", "HTTP/1.1 200 OK\r\nx-a: 1\r\n content-length: 60\r\ncontent-length: 5\r\n\r\nhello"),
    malice("a space before the colon", "HTTP/1.1 200 OK\r\ncontent-length : 60\r\ncontent-length: 5\r\n\r\nhello"),
    malice("NUL in a value", "HTTP/1.1 200 OK\r\nx-a: \u{0}\r\ncontent-length: 5\r\n\r\nhello"),
    malice("a bare carriage return in a value", "HTTP/1.1 200 OK\r\nx-a: 1\rx-b: 2\r\ncontent-length: 5\r\n\r\nhello"),
    malice(
        "headers that a connection owns",
        "HTTP/1.1 200 OK\r\nconnection: x-a, keep-alive\r\nx-a: 1\r\nkeep-alive: timeout=9\r\ncontent-length: 5\r\n\r\nhello",
    ),
    ending("half a body", "HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\nhello"),
    ending("half of its chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    ending("a body to the end", "HTTP/1.1 200 OK\r\n\r\nhello"),
    ending("nothing", ""),
];

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("answers/nobody gets what was left over", mesh, |mesh| with_backend(mesh, said, |mesh, _| left_over(mesh))),
        trial("answers/of HEAD nothing follows", mesh, |mesh| with_backend(mesh, said, |mesh, _| heads(mesh))),
        trial("answers/many that are only provisional, and heads without end", mesh, |mesh| {
            with_backend(mesh, said, |mesh, _| floods(mesh))
        }),
    ]
}

/// What the path names by its number.
fn said(request: &Message) -> (Vec<u8>, bool) {
    let poison = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\npoisoned";
    let (word, number) = request.target().trim_start_matches('/').split_once('/').unwrap_or_default();
    match (word, number.parse().ok().and_then(|number: usize| ANSWERS.get(number))) {
        ("malice", Some(malice)) => (malice.text.replace("{P}", poison).into_bytes(), !malice.closes),
        ("provisional", _) => {
            let flood = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(20_000);
            (flood.into_bytes().into_iter().chain(told(request).0).collect(), true)
        }
        ("heads", Some(_)) => (
            ((0..1000).map(|number| format!("x-{number}: 1\r\n")).fold("HTTP/1.1 200 OK\r\n".to_owned(), |all, one| all + &one) + "\r\n")
                .into_bytes(),
            true,
        ),
        ("long", _) => (format!("HTTP/1.1 200 OK\r\nx-a: {}\r\n\r\n", "x".repeat(4 << 20)).into_bytes(), true),
        ("endless", _) => (format!("HTTP/1.1 200 {}", "x".repeat(4 << 20)).into_bytes(), true),
        _ => told(request),
    }
}

fn left_over(mesh: &Mesh) -> Result<(), Failed> {
    let is_envoy = mesh.data_plane().name() == "envoy";
    for (way, caller) in ways(mesh) {
        each(&ANSWERS, |number, malice| {
            one(&caller, is_envoy, number, malice.name).err().map(|why| format!("{way}: {}: {why}", malice.name))
        })?;
    }
    Ok(())
}

fn one(caller: &Caller, is_envoy: bool, number: usize, name: &str) -> Result<(), String> {
    let came = ask(caller, "GET", &format!("/malice/{number}"))?;
    // Envoy waits for what nobody will say: the end of the other protocol.
    let is_envoys = name == UNASKED && is_envoy && came.to_string() == "nothing";
    if !is_sound(&came) && !is_envoys {
        return Err(format!("{came}: {came:?}"));
    }
    // More than one, as connections of endpoints are kept.
    (0..3).try_for_each(|more| innocent(caller, number * 10 + more))
}

fn ask(caller: &Caller, method: &str, path: &str) -> Result<Came, String> {
    let request = format!("{method} {path} HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n");
    send(caller, request.as_bytes()).map_err(|error| error.to_string())
}

/// One answer and nothing behind it, or the end within one.
fn is_sound(came: &Came) -> bool {
    let holds_poison = |text: &[u8]| text.windows(8).any(|part| part == b"poisoned");
    let is_own = |answer: &Message| matches!(answer.status(), 502 | 503) || !holds_poison(&answer.body);
    match &came.answers[..] {
        [answer] => came.rest.is_empty() && is_own(answer),
        // Its head was sent on before the rest turned out not to be there.
        [] => came.closed && !holds_poison(&came.rest),
        _ => false,
    }
}

fn heads(mesh: &Mesh) -> Result<(), Failed> {
    for (_, caller) in ways(mesh) {
        // The 17th is followed by another answer; that of HEAD has no body, so that all of it is left over.
        let came = ask(&caller, "HEAD", "/malice/16")?;
        if String::from_utf8_lossy(&came.rest).contains("poisoned") || came.answers.len() > 1 {
            return Err(format!("{came}: {came:?}").into());
        }
        (0..5).try_for_each(|number| innocent(&caller, number))?;
    }
    Ok(())
}

/// Others are served meanwhile, and the proxy does not keep it all.
fn floods(mesh: &Mesh) -> Result<(), Failed> {
    let before = mesh.taken("api-v2")?.resident;
    for (way, caller) in ways(mesh) {
        for (path, fits) in
            [("/provisional/0", &[200][..]), ("/heads/0", &[502, 503]), ("/long/0", &[502, 503]), ("/endless/0", &[502, 503])]
        {
            let (came, meanwhile) = std::thread::scope(|scope| {
                let asked = scope.spawn(|| ask(&caller, "GET", path));
                let meanwhile = (0..5).try_for_each(|number| innocent(&caller, number));
                (asked.join(), meanwhile)
            });
            meanwhile.map_err(|why| format!("{way}: {path}: {why}"))?;
            let came = came.map_err(|_| "a caller panicked")??;
            if !matches!(&came.answers[..], [one] if fits.contains(&one.status())) {
                return Err(format!("{way}: {path}: {came}").into());
            }
        }
    }
    let grown = mesh.taken("api-v2")?.resident.saturating_sub(before);
    if grown < 20 << 10 { Ok(()) } else { Err(format!("{grown} KiB more are kept").into()) }
}
