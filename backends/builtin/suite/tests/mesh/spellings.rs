//! Ways to write a path that nobody may call, byte by byte: none of them leads there.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Caller, Mesh};

use super::frames::{DATA, END_HEADERS, END_STREAM, HEADERS, Http2, RST_STREAM, block, request};
use super::policy::{account, group, requests, target};
use super::raw::{each, send};
use super::scenario::{Shared, get, trial};

/// A target, and the path that the application then sees; `None`: it sees nothing of it.
type Spelling = (&'static str, Option<&'static str>);

/// Envoy makes dots of it, and sees that they are those of a folder only when it reads the path once more, at the next proxy.
const ESCAPED: &str = "/users/%2e%2e;/internal";

/// `/users/` alone may be called; what is wanted is `/internal`.
const SPELLINGS: [Spelling; 47] = [
    ("/users/1", Some("/users/1")),
    ("/internal", None),
    ("/INTERNAL", None),
    ("/internal/", None),
    ("/internal?/users/", None),
    ("/internal#/users/", None),
    ("/internal;/users/", None),
    ("/internal%3f/users/", None),
    ("/internal%23/users/", None),
    ("/int%65rnal", None),
    ("/%69%6e%74%65%72%6e%61%6c", None),
    ("/%2569nternal", None),
    ("/./internal", None),
    ("//internal", None),
    ("///internal", None),
    ("/.//internal", None),
    ("/users/../internal", None),
    ("/users/%2e%2e/internal", None),
    ("/users/.%2e/internal", None),
    ("/users/%2E./internal", None),
    ("/users/1/../../internal", None),
    ("/users/1/../..//internal", None),
    ("/users/..", None),
    ("/users/../../../internal", None),
    ("/users/..%2finternal", None),
    ("/users/..%2Finternal", None),
    ("/users%2f..%2finternal", None),
    ("/users/..\\internal", None),
    ("/users\\..\\internal", None),
    ("/users/..%5cinternal", None),
    ("/users/..%00/internal", None),
    ("/users/%00../internal", None),
    ("/users/../internal\t", None),
    ("/users/ ../internal", None),
    ("users/1", None),
    ("\\users\\1", None),
    ("http://api.shop/internal", None),
    ("http://api.shop/users/../internal", None),
    ("http://api.shop//internal", None),
    ("http://users/internal", None),
    ("/users/1?x=/../../internal", Some("/users/1?x=/../../internal")),
    // Escaped twice: whoever undoes that twice sees what no rule has seen.
    ("/users/..%252finternal", Some("/users/..%252finternal")),
    ("/users/%252e%252e/internal", Some("/users/%252e%252e/internal")),
    // A parameter behind dots: a server that drops parameters first sees the folder above.
    ("/users/..;/internal", None),
    ("/users/..;x=1/internal", None),
    (ESCAPED, None),
    // Dots in more bytes than they need are no dots but for a server that reads wrong UTF-8.
    ("/users/%c0%ae%c0%ae/internal", Some("/users/%c0%ae%c0%ae/internal")),
];

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("paths/no spelling leads to what is not allowed", mesh, in_lines),
        trial("paths/no spelling leads there past the caller's proxy", mesh, by_hand),
        trial("paths/no spelling leads there over HTTP/2", mesh, in_frames),
    ]
}

fn users() -> String {
    target("web-to-api", "api", &account("web"), &requests("users", "")) + &group("users", "{name: users, pathRegex: /users/}")
}

fn in_lines(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&users())?;
    let caller = mesh.caller("web", "api", 80);
    each(&SPELLINGS, |_, (target, seen)| {
        let came = send(&caller, format!("GET {target} HTTP/1.1\r\nhost: api.shop\r\nconnection: close\r\n\r\n").as_bytes());
        let is_right = came.as_ref().is_ok_and(|came| match (&came.answers[..], seen) {
            ([one], Some(seen)) => one.status() == 200 && one.body.starts_with(format!("GET {seen} HTTP/1.1\n").as_bytes()),
            ([one], None) => matches!(one.status(), 400 | 403) && one.all("x-served-by").is_empty(),
            _ => false,
        });
        (!is_right).then(|| format!("{target:?}: {came:?}"))
    })
}

/// Somebody who has the certificate of a caller, and no proxy that would write it otherwise.
fn by_hand(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&users())?;
    let is_envoy = mesh.data_plane().name() == "envoy";
    let (caller, web) = (mesh.caller_of_instance("legacy", "api", 8080), mesh.credentials("ns/shop/sa/web", time::Duration::ZERO)?);
    each(&SPELLINGS, |_, (target, seen)| {
        if *target == ESCAPED && is_envoy {
            return None;
        }
        let came = caller.call_as(Some(&web), &get(target));
        let is_right = match (&came, seen) {
            (Ok(Answer::Http { status: 200, body, .. }), Some(seen)) => body.starts_with(&format!("GET {seen} HTTP/1.1\n")),
            (Ok(Answer::Http { status: 400 | 403, served_by, .. }), None) => served_by.is_empty(),
            _ => false,
        };
        (!is_right).then(|| format!("{target:?}: {came:?}"))
    })
}

fn in_frames(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&users())?;
    let caller = mesh.caller("web", "api", 80);
    each(&SPELLINGS, |_, (target, seen)| {
        let came = asked(&caller, target);
        let is_right = match (&came, seen) {
            (Ok(Some(body)), Some(seen)) => body.lines().next() == Some(&format!("GET {seen} HTTP/2")),
            // It is refused in words of the proxy, or with the stream.
            (Ok(Some(body)), None) => !body.contains("HTTP/2"),
            (Ok(None), None) => true,
            _ => false,
        };
        (!is_right).then(|| format!("{target:?}: {came:?}"))
    })
}

/// The body of the answer; `None`: there is none.
fn asked(caller: &Caller, target: &str) -> std::io::Result<Option<String>> {
    let mut connection = Http2::begin(caller, &[])?;
    connection.send(HEADERS, END_STREAM | END_HEADERS, 1, &block(&request("GET", target, "api.shop")))?;
    let mut body = Vec::new();
    loop {
        let next = connection.until(Duration::from_secs(5), |frame| frame.stream == 1)?;
        let Some(frame) = next.filter(|frame| frame.kind != RST_STREAM) else { return Ok(None) };
        if frame.kind == DATA {
            body.extend(frame.payload);
        }
        if frame.flags & END_STREAM != 0 && matches!(frame.kind, DATA | HEADERS) {
            return Ok(Some(String::from_utf8_lossy(&body).into_owned()));
        }
    }
}
