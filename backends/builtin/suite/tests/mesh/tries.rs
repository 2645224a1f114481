//! How long one try may take and how long all of them, and a try that is answered before all of the request was sent.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Caller, Mesh};
use serde_json::{Value, json};

use super::backend::{ON, in_place, told};
use super::message::{Message, Parsed, parse};
use super::raw::{Came, HOST, read};
use super::scenario::{Shared, get, timed, trial};

/// Requests of so many bytes.
const LENGTH: usize = 200_000;

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("tries/one that takes too long is followed by another", mesh, followed),
        trial("tries/all of them have the time of the route", mesh, bounded),
        trial("tries/one that is answered while the request is being sent", mesh, early),
    ]
}

/// Routes of this policy for `api-v2`.
fn retry(mesh: &mut Mesh, timeout: &str, per_try: Option<&str>, retries: u32) -> Result<(), Failed> {
    let mut policy = json!({
        "retry_on": "5xx", "num_retries": retries, "retry_back_off": { "base_interval": "0.001s", "max_interval": "0.002s" },
    });
    if let Some(per_try) = per_try {
        policy["per_try_timeout"] = json!(per_try);
    }
    let alter = |name: &str, resource: &mut Value| {
        let routes = resource.pointer_mut("/virtual_hosts/0/routes").and_then(Value::as_array_mut);
        if let Some(last) = routes.and_then(|routes| routes.last_mut()).filter(|_| name == "shop/api-v2/80") {
            last["route"]["timeout"] = json!(timeout);
            last["route"]["retry_policy"] = policy.clone();
        }
    };
    mesh.alter("", &alter)?;
    Ok(mesh.settle()?)
}

fn came(mesh: &Mesh, status: u16, within: std::ops::Range<u64>) -> Result<(), Failed> {
    match timed(|| mesh.caller("web", "api-v2", 80).call(&get("/"))) {
        (Ok(Answer::Http { status: came, .. }), took) if came == status && within.contains(&(took.as_millis() as u64)) => Ok(()),
        other => Err(format!("not {status} within {within:?} ms: {other:?}").into()),
    }
}

fn followed(mesh: &mut Mesh) -> Result<(), Failed> {
    retry(mesh, "5s", Some("0.2s"), 3)?;
    let count = AtomicUsize::new(0);
    let says = move |request: &Message| if count.fetch_add(1, Ordering::Relaxed) < 2 { (Vec::new(), true) } else { told(request) };
    in_place(mesh, says, |mesh, backend| {
        came(mesh, 200, 390..2500)?;
        let tries = backend.received().len();
        if tries == 3 { Ok(()) } else { Err(format!("{tries} tries").into()) }
    })
}

fn bounded(mesh: &mut Mesh) -> Result<(), Failed> {
    retry(mesh, "0.5s", Some("0.2s"), 10)?;
    in_place(
        mesh,
        |_| (Vec::new(), true),
        |mesh, backend| {
            came(mesh, 504, 490..1500)?;
            // Each has its time, and the last of them what is left.
            let tries = backend.received().len();
            if (2..=4).contains(&tries) { Ok(()) } else { Err(format!("{tries} tries").into()) }
        },
    )
}

/// Its server refuses the first try at its head, and reads the second to its end.
fn early(mesh: &mut Mesh) -> Result<(), Failed> {
    retry(mesh, "10s", None, 3)?;
    mesh.stop_applications(ON);
    let played = mesh.listen(ON, 8080).map_err(Failed::from).and_then(|listener| half_and_half(mesh, &listener));
    mesh.start_applications(ON)?;
    played
}

fn half_and_half(mesh: &Mesh, listener: &TcpListener) -> Result<(), Failed> {
    let caller = mesh.caller("web", ON, 80);
    let answered = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let served = scope.spawn(|| served(listener, &answered));
        let came = in_halves(&caller);
        answered.store(true, Ordering::Relaxed);
        let tries = served.join().map_err(|_| "the server panicked")??;
        let came = came?;
        match (&came.answers[..], tries) {
            ([one], 2) if one.status() == 200 && one.body == LENGTH.to_string().as_bytes() => Ok(()),
            _ => Err(format!("{came} after {tries} tries").into()),
        }
    })
}

/// The answer to the first try comes between both halves.
fn in_halves(caller: &Caller) -> io::Result<Came> {
    let mut stream = caller.stream()?;
    stream.write_all(format!("POST / HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: {LENGTH}\r\n\r\n").as_bytes())?;
    stream.write_all(&vec![b'x'; LENGTH / 2])?;
    std::thread::sleep(Duration::from_millis(300));
    // Who is answered early need not be read to the end.
    let _ = stream.write_all(&vec![b'x'; LENGTH / 2]);
    read(&mut stream)
}

/// How many tries came until the caller was answered.
fn served(listener: &TcpListener, answered: &AtomicBool) -> io::Result<usize> {
    listener.set_nonblocking(true)?;
    let mut open = Vec::new();
    while !answered.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(Some(Duration::from_secs(3)))?;
                if open.is_empty() {
                    refused(&stream)?
                } else {
                    whole(&stream)?
                }
                open.push(stream);
            }
            Err(_) => std::thread::sleep(Duration::from_millis(2)),
        }
    }
    Ok(open.len())
}

/// Refuses a request at its head.
fn refused(mut stream: &TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    stream.write_all(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n")
}

/// Answers how long the body of a request was.
fn whole(mut stream: &TcpStream) -> io::Result<()> {
    let (mut bytes, mut part) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let count = stream.read(&mut part)?;
        bytes.extend_from_slice(&part[..count]);
        match parse(&bytes, false) {
            Parsed::Whole(request, _) => {
                let length = request.body.len().to_string();
                return stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{length}", length.len()).as_bytes());
            }
            _ if count == 0 => return Ok(()),
            _ => {}
        }
    }
}
