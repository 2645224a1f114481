//! WebSockets while rules are edited.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Caller, Mesh};
use serde_json::{Value, json};

use super::policy::{account, reads, requests, target};
use super::scenario::{Shared, trial};

/// How long a proxy may take to end one that is no longer allowed.
const DRAIN: Duration = Duration::from_secs(6);

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("sockets/one that an edit is not about goes on", mesh, stays),
        trial("sockets/one of who is no longer allowed ends", mesh, ended),
    ]
}

/// A connection that has become one.
fn upgraded(caller: &Caller) -> Result<TcpStream, Failed> {
    let mut stream = caller.stream()?;
    let host = caller.called().1;
    stream.write_all(format!("GET /socket HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n").as_bytes())?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    if head.starts_with(b"HTTP/1.1 101 ") { Ok(stream) } else { Err(String::from_utf8_lossy(&head).into_owned().into()) }
}

/// Whether what is sent comes back.
fn echoes(stream: &mut TcpStream) -> io::Result<()> {
    let mut came = [0; 4];
    stream.write_all(b"ping").and_then(|()| stream.read_exact(&mut came))
}

fn stays(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&reads("all"))?;
    let mut stream = upgraded(&mesh.caller("web", "api", 80))?;
    echoes(&mut stream)?;
    // Somebody else may come, too; and another workload has rules.
    for edit in [
        target("more", "api", &account("batch"), &requests("users", "read")),
        target("else", "db", &account("web"), &requests("users", "")),
    ] {
        mesh.apply(&(reads("all") + &edit))?;
        echoes(&mut stream).map_err(|error| format!("it ended by an edit: {error}"))?;
    }
    // Longer than a proxy drains.
    std::thread::sleep(Duration::from_millis(2300));
    echoes(&mut stream).map_err(|error| format!("it ended later: {error}").into())
}

/// Rules of requests ask about the first of them alone; who may connect is asked of all that is open.
fn ended(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let mut stream = upgraded(&mesh.caller("web", "api", 80))?;
    echoes(&mut stream)?;
    mesh.alter("", &only_batch)?;
    mesh.settle()?;
    let begin = Instant::now();
    while echoes(&mut stream).is_ok() {
        if begin.elapsed() > DRAIN {
            return Err("it goes on".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Nobody but `batch` may connect to port 8080 of any workload.
fn only_batch(name: &str, resource: &mut Value) {
    let chains = resource.get_mut("filter_chains").and_then(Value::as_array_mut).filter(|_| name == "inbound");
    for chain in chains.into_iter().flatten().filter(|chain| chain["name"] == "8080/mtls") {
        if let Some(context) = chain.pointer_mut("/transport_socket/typed_config/common_tls_context/combined_validation_context") {
            let batch = json!({ "san_type": "URI", "matcher": { "exact": "spiffe://cluster.local/ns/shop/sa/batch" } });
            context["default_validation_context"]["match_typed_subject_alt_names"] = json!([batch]);
        }
    }
}
