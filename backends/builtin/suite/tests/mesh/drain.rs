//! A proxy that is asked to end, and its callers of HTTP/2.

use std::io;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use meshglot_suite::Mesh;

use super::frames::{ACK, DATA, END_STREAM, Frame, GOAWAY, HEADERS, Http2, PING};
use super::scenario::{Shared, trial};

/// How long a stream of this test is under way, in milliseconds.
const SLOW: u64 = 1500;

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![trial("drain/streams of HTTP/2 end well, and no new ones begin", mesh, streams)]
}

/// Where it cannot be asked here, an orchestrator of its own does that.
fn streams(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let mut connection = Http2::begin(&mesh.caller("web", "api", 80), &[])?;
    let slow = format!("/slow/{SLOW}");
    connection.get(1, &slow)?;
    connection.get(3, &slow)?;
    std::thread::sleep(Duration::from_millis(300));
    if !mesh.ask_proxy_to_end("web") {
        return Ok(());
    }
    let played = drained(&mut connection);
    mesh.stop_proxy("web");
    mesh.start_proxy("web")?;
    mesh.settle()?;
    played
}

fn drained(connection: &mut Http2) -> Result<(), Failed> {
    let soon = Duration::from_secs(5);
    // The first says only that there will be an end; the second, how far it goes.
    let is_ping = |frame: &Frame| frame.kind == PING && frame.flags & ACK == 0;
    let is_last = |frame: &Frame| frame.kind == GOAWAY && frame.payload.starts_with(&3_u32.to_be_bytes());
    loop {
        let Some(frame) = connection.until(soon, |frame| is_last(frame) || is_ping(frame))? else {
            return Err("it ends without a word".into());
        };
        if is_last(&frame) {
            break;
        }
        // Who answers has heard what was said before.
        connection.send(PING, ACK, 0, &frame.payload)?;
    }
    // Who does not hear it is not served, and no reason to end the others.
    connection.get(5, "/")?;
    let (mut ended, mut others) = (Vec::new(), Vec::new());
    while ended.len() < 2 {
        let any = |frame: &Frame| matches!(frame.kind, HEADERS | DATA);
        let Some(frame) = connection.until(soon, any)? else { return Err(format!("only {ended:?} ended well").into()) };
        if frame.stream == 5 {
            others.push(frame);
        } else if frame.flags & END_STREAM != 0 {
            ended.push(frame.stream);
        }
    }
    if !others.is_empty() {
        return Err(format!("a stream that came later is served: {others:?}").into());
    }
    match connection.until(soon, |_| false) {
        Ok(None) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(()),
        other => Err(format!("the connection does not end: {other:?}").into()),
    }
}
