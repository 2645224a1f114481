//! Everybody forwards the same calls, in turn: as many as go through, then as many a second for each.

use std::io;
use std::net::Ipv4Addr;

use super::super::contender::{self, Contender, Place, Sort};
use super::super::load::{Answered, Asked, Speaks, measure};
use super::super::options::Options;
use super::super::plane::Plane;
use super::super::table::{self, median};
use super::super::{Behind, server_behind};

/// The bytes of one MiB.
const MIB: f64 = 1024.0 * 1024.0;

/// What one round says of one contender.
#[derive(Clone, Copy, Default)]
struct Round {
    /// Time on processors for each call, in µs; of bytes for each GiB, in ms.
    cost: f64,
    /// Calls or MiB a second.
    rate: f64,
    latencies: [f64; 3],
    memory: f64,
}

/// Prints the table of a sort.
pub(crate) fn run(title: &str, sort: Sort, options: &Options) -> io::Result<()> {
    let Behind { server: _server, ports, folder } = server_behind()?;
    let plane = Plane::start()?;
    let all = contender::all(sort, &Place { folder: folder.path(), server: ports, plane: &plane })?;
    let mut rounds: Vec<Vec<Round>> = vec![Vec::new(); all.len()];
    for round in 0..options.rounds {
        // Nobody is always the first.
        for turn in 0..all.len() {
            let at = (turn + round) % all.len();
            match one(&all[at], sort, options) {
                Ok(measured) => rounds[at].push(measured),
                Err(error) => println!("{} in a round of {sort:?}: {error}", all[at].name),
            }
        }
    }
    println!("\n{title}\n\n{}", table::head(head(sort)));
    let envoy = all.iter().position(|one| one.name == contender::DataPlane::Envoy.name());
    for (one, own) in all.iter().zip(&rounds).filter(|(_, own)| !own.is_empty()) {
        let of = |value: fn(&Round) -> f64| median(own.iter().map(value));
        let ratios = envoy.map(|at| median(own.iter().zip(&rounds[at]).map(|(own, envoy)| own.cost / envoy.cost)));
        let ratio = ratios.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2} x"));
        let costs: Vec<f64> = own.iter().map(|round| round.cost).collect();
        let spread = format!("{:.1} to {:.1}", costs.iter().copied().fold(f64::MAX, f64::min), costs.iter().copied().fold(0.0, f64::max));
        let mut cells =
            vec![one.name.to_owned(), format!("{:.1}", of(|round| round.cost)), spread, ratio, format!("{:.0}", of(|round| round.rate))];
        if sort != Sort::Bytes {
            cells.extend([0, 1, 2].map(|at| format!("{:.2}", median(own.iter().map(|round| round.latencies[at])))));
        }
        cells.push(format!("{:.1}", of(|round| round.memory)));
        println!("{}", table::row(&cells));
    }
    Ok(())
}

fn head(sort: Sort) -> &'static str {
    if sort == Sort::Bytes {
        "| Proxy | CPU ms per GiB | least to most | of it Envoy's | MiB/s | MiB held |"
    } else {
        "| Proxy | CPU µs per call | least to most | of it Envoy's | calls/s at most | p50 ms | p99 ms | p99.9 ms | MiB held |"
    }
}

fn one(contender: &Contender, sort: Sort, options: &Options) -> io::Result<Round> {
    let asked = asked(sort, contender.port, options);
    let (answered, before, after) = measure(&asked, || (contender.cpu(), contender.memory()))?;
    let cpu = after.0 - before.0;
    if sort == Sort::Bytes {
        let Answered { bytes, seconds, .. } = answered;
        return Ok(Round {
            cost: cpu * 1e3 / (bytes as f64 / MIB / 1024.0),
            rate: bytes as f64 / MIB / seconds,
            latencies: [0.0; 3],
            memory: after.1,
        });
    }
    let (paced, _, _) = measure(&Asked { rate: options.rate, ..few(asked) }, || ())?;
    let rate = answered.calls as f64 / answered.seconds;
    Ok(Round { cost: cpu * 1e6 / answered.calls as f64, rate, latencies: paced.latencies, memory: after.1 })
}

fn asked(sort: Sort, port: u16, options: &Options) -> Asked {
    let (speaks, connections, streams) = match sort {
        Sort::Plain | Sort::Mutual => (Speaks::Http1, 32, 1),
        Sort::Http2 => (Speaks::Http2, 4, 32),
        Sort::Grpc => (Speaks::Grpc, 4, 32),
        Sort::Bytes => (Speaks::Bytes, 4, 1),
    };
    let (host, path) = (Ipv4Addr::LOCALHOST.into(), "/items/42?page=2".to_owned());
    Asked { speaks, host, port, path, connections, is_anew: false, streams, rate: 0, seconds: options.seconds }
}

/// Where calls come at their pace fewer are under way.
fn few(asked: Asked) -> Asked {
    if asked.streams > 1 { Asked { streams: 8, ..asked } } else { Asked { connections: 16, ..asked } }
}
