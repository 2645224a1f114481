//! Rules that are edited while a caller is in the midst of its handshake.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use meshglot_suite::Mesh;
use time::Duration as Lifetime;

use super::policy::{account, connections, ports, target};
use super::scenario::{Shared, trial};

/// How long a proxy may take to end connections that are no longer allowed.
const DRAIN: Duration = Duration::from_secs(6);

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![trial("handshakes/who may no longer come when it ends does not get in", mesh, revoked)]
}

/// `who` may connect to `api`.
fn connects(who: &str) -> String {
    target("connects", "api", &account(who), &connections("some")) + &ports("some", "9000")
}

fn revoked(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&connects("batch"))?;
    let own = mesh.credentials("ns/shop/sa/batch", Lifetime::ZERO)?;
    let caller = mesh.caller_of_instance("legacy", "api", 9000);
    // Without an edit it gets in: what is tried is no connection that would be refused for something else.
    let mut stream = caller.stream_as(&own, || ())?;
    echoes(&mut stream).map_err(|error| format!("it does not even get in: {error}"))?;
    let mut edited = Ok(());
    let mut stream = caller.stream_as(&own, || edited = mesh.apply(&connects("web")))?;
    edited?;
    let begin = Instant::now();
    // Envoy asks the rules that there were when it came, as long as it drains.
    let patience = if mesh.data_plane().name() == "envoy" { DRAIN } else { Duration::ZERO };
    while echoes(&mut stream).is_ok() {
        if begin.elapsed() > patience {
            return Err("it gets in".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Whether what is sent comes back, perhaps behind the name of who answers.
fn echoes(stream: &mut (impl Read + Write)) -> io::Result<()> {
    stream.write_all(b"ping\n")?;
    let mut line = Vec::new();
    while !line.ends_with(b"ping\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    Ok(())
}
