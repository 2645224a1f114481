//! Whoever calls, as a process: as fast as answers come, or so many calls a second, whatever the answers do.

mod bytes;
mod http1;
mod http2;
mod pace;

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::child::Running;
use pace::Pace;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Speaks {
    Http1,
    Http2,
    Grpc,
    Bytes,
}

/// What is asked of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) speaks: Speaks,
    pub(crate) host: IpAddr,
    pub(crate) port: u16,
    pub(crate) path: String,
    pub(crate) connections: usize,
    /// Each call over HTTP/1.1 has a connection of its own; making it is part of the call.
    pub(crate) is_anew: bool,
    /// On each connection at once.
    pub(crate) streams: usize,
    /// Calls a second of all together; 0: as many as are answered.
    pub(crate) rate: u32,
    pub(crate) seconds: f64,
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) calls: u64,
    pub(crate) bytes: u64,
    pub(crate) failures: u64,
    /// The first of them.
    pub(crate) failure: Option<String>,
    pub(crate) seconds: f64,
    /// p50, p99 and p99.9 in milliseconds.
    pub(crate) latencies: [f64; 3],
}

/// Not counted: connections are made, and everything is warm after it.
const WARM: Duration = Duration::from_millis(400);

/// What the callers of one process have seen since it is counted.
#[derive(Default)]
struct Seen {
    counts: bool,
    times: Vec<u32>,
    bytes: u64,
    failures: u64,
    failure: Option<String>,
}

/// Shared by the callers of one thread.
type Tally = Rc<RefCell<Seen>>;

fn done(tally: &Tally, began: Instant, bytes: usize) {
    let mut seen = tally.borrow_mut();
    if seen.counts {
        seen.times.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
        seen.bytes += bytes as u64;
    }
}

fn failed(tally: &Tally, why: String) {
    let mut seen = tally.borrow_mut();
    seen.failures += 1;
    seen.failure.get_or_insert(why);
}

/// Calls, says when it is counted, and what came of it; its connections stay until its standard input ends.
pub(crate) async fn run(asked: Asked) -> io::Result<()> {
    let tally = Tally::default();
    let local = tokio::task::LocalSet::new();
    let all = asked.connections * asked.streams;
    let counting = async {
        let start = Instant::now();
        for connection in 0..asked.connections {
            let (asked, tally) = (asked.clone(), tally.clone());
            let paces: Vec<Pace> =
                (0..asked.streams).map(|stream| Pace::new(start, asked.rate, connection * asked.streams + stream, all)).collect();
            tokio::task::spawn_local(async move {
                let ended = match asked.speaks {
                    Speaks::Http1 => http1::call(&asked, paces, &tally).await,
                    Speaks::Http2 | Speaks::Grpc => http2::call(&asked, paces, &tally).await,
                    Speaks::Bytes => bytes::read(&asked, &tally).await,
                };
                if let Err(why) = ended {
                    failed(&tally, why.to_string());
                }
            });
        }
        tokio::time::sleep(WARM).await;
        tally.borrow_mut().counts = true;
        println!("begins");
        let begins = Instant::now();
        tokio::time::sleep(Duration::from_secs_f64(asked.seconds)).await;
        let mut seen = tally.borrow_mut();
        seen.counts = false;
        let seconds = begins.elapsed().as_secs_f64();
        let mut times = std::mem::take(&mut seen.times);
        times.sort_unstable();
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).map_or(0.0, |micros| f64::from(*micros) / 1e3);
        let answered = Answered {
            calls: times.len() as u64,
            bytes: seen.bytes,
            failures: seen.failures,
            failure: seen.failure.take(),
            seconds,
            latencies: [at(0.5), at(0.99), at(0.999)],
        };
        println!("{}", serde_json::to_string(&answered)?);
        super::part::end_with_input();
        io::Result::Ok(())
    };
    local.run_until(counting).await?;
    std::future::pending().await
}

/// Lets a process call. `around` is asked when counting begins, and when it has ended, before connections do.
pub(crate) fn measure<T>(asked: &Asked, around: impl Fn() -> T) -> io::Result<(Answered, T, T)> {
    measure_by(Running::part(&["load", &serde_json::to_string(asked)?])?, around)
}

/// The same by a process that was told what to call.
pub(crate) fn measure_by<T>(mut caller: Running, around: impl Fn() -> T) -> io::Result<(Answered, T, T)> {
    caller.line()?;
    let before = around();
    let answered: Answered = serde_json::from_str(&caller.line()?)?;
    let after = around();
    if answered.failures > 0 {
        let why = answered.failure.clone().unwrap_or_default();
        return Err(io::Error::other(format!("{} of {} calls failed: {why}", answered.failures, answered.calls)));
    }
    if answered.bytes == 0 {
        return Err(io::Error::other("nothing came back"));
    }
    Ok((answered, before, after))
}
