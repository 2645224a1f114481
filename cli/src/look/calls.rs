//! Calls as they come, from a mesh that runs or from a file.

use std::ops::ControlFlow;
use std::pin::pin;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use meshglot_observed::Call;
use tokio::time::{interval, sleep};

use super::{counted, silence};
use crate::Io;
use crate::args::Looked;
use crate::ends::Ends;
use crate::exit::{Exit, Failure};
use crate::proxy::{Admin, from_plane, text};

/// What is longer than any time that can be asked for.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// What has come.
pub(crate) enum Came {
    Calls(Vec<Call>),
    /// A second has passed.
    Second,
}

/// Whoever takes it, and says whether it wants more.
pub(crate) type Take<'t> = &'t mut dyn FnMut(Came, &mut Io<'_>) -> Result<ControlFlow<()>, Failure>;

/// Gives all calls to `take` until it has enough, the time is over, somebody ends it (Ctrl-C, SIGTERM), or the file is read.
pub(crate) fn follow(looked: &Looked, lasts: Option<Duration>, io: &mut Io<'_>, take: Take<'_>) -> Result<(), Failure> {
    let Some(admin) = from_plane(&looked.mesh)? else {
        let path = looked.mesh.from.filename.as_deref().unwrap_or(std::path::Path::new("-"));
        let text = text(path, io.stdin)?;
        let calls = text.lines().filter(|line| !line.trim().is_empty()).map(|line| call(line.as_bytes())).collect::<Result<_, _>>()?;
        return take(Came::Calls(calls), io).map(|_| ());
    };
    silence::tell(&counted(&admin, Duration::from_secs(1))?, &admin, silence::Of::Calls, io)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(listen(&admin, lasts, io, take))
}

async fn listen(admin: &Admin, lasts: Option<Duration>, io: &mut Io<'_>, take: Take<'_>) -> Result<(), Failure> {
    let mut ends = Ends::new()?;
    let mut end = pin!(sleep(lasts.unwrap_or(FOR_EVER)));
    let mut body: Incoming = admin.stream("/calls").await?;
    let mut second = interval(Duration::from_secs(1));
    let mut begun = Vec::new();
    loop {
        let came = tokio::select! {
            biased;
            () = ends.asked() => return Ok(()),
            () = &mut end => return Ok(()),
            _ = second.tick() => Came::Second,
            frame = body.frame() => match frame {
                None | Some(Err(_)) => return Err(admin.silent("it has ended")),
                Some(Ok(frame)) => {
                    begun.extend_from_slice(&frame.into_data().unwrap_or_default());
                    Came::Calls(whole(&mut begun)?)
                }
            },
        };
        if take(came, io)?.is_break() {
            return Ok(());
        }
    }
}

/// The calls of the lines that are whole, which are taken out.
fn whole(begun: &mut Vec<u8>) -> Result<Vec<Call>, Failure> {
    let end = begun.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let rest = begun.split_off(end);
    let lines = std::mem::replace(begun, rest);
    lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(call).collect()
}

fn call(line: &[u8]) -> Result<Call, Failure> {
    let wrong = |error| Failure::new(Exit::Invalid, format!("this is no line of `meshglot tap -o json`: {error}"));
    serde_json::from_slice(line).map_err(wrong)
}
