//! `meshglot edges`: who calls whom.

use meshglot_observed::{Direction, Edge, Latency};

use super::filter::verdict_of;
use super::line::policy;
use super::number::{millis_text, percent, percent_text, rate_text};
use super::target::Target;
use super::{arrival, ask};
use crate::Io;
use crate::args::EdgesArgs;
use crate::exit::{Exit, Outcome};
use crate::lint::line::plain;

pub(crate) fn run(args: &EdgesArgs, io: &mut Io<'_>) -> Outcome {
    let target = Target::of(&args.looked)?;
    let mut edges = ask(&args.looked, args.window, io)?;
    let wide = args.output == "wide";
    // Machines get all that was told. Before edges are chosen otherwise: what both ends tell is known by all of them.
    if args.output == "table" {
        edges.edges = arrival::shown(&edges.edges).into_iter().cloned().collect();
    }
    if let Some(target) = target {
        edges.edges.retain(|edge| target.is(&edge.source) || target.is(&edge.destination));
    }
    if let Some(verdict) = args.verdict.as_deref().and_then(verdict_of) {
        edges.edges.retain(|edge| edge.verdict == verdict);
    }
    if args.output == "json" {
        io.answer(&edges)?;
        return Ok(Exit::Ok);
    }
    let head = ["FROM", "TO", "VERDICT", "POLICY", "CALLS", "RPS", "OK%", "P50", "P99"];
    let more = wide.then_some(["P90", "P95", "SEEN BY", "SERVICE", "IDENTITY"]).into_iter().flatten();
    let mut rows = vec![head.into_iter().chain(more).map(str::to_owned).collect::<Vec<_>>()];
    rows.extend(edges.edges.iter().map(|edge| row(edge, wide)));
    io.columns(&rows)?;
    if edges.edges.is_empty() && !io.quiet {
        writeln!(io.stderr, "note: no such call within {:.0} s", edges.window_seconds)?;
    }
    Ok(Exit::Ok)
}

fn row(edge: &Edge, wide: bool) -> Vec<String> {
    let latency = |of: fn(&Latency) -> f64| millis_text(edge.latency.as_ref().map(of));
    let mut row = vec![
        plain(&edge.source.name()),
        plain(&edge.destination.name()),
        edge.verdict.word().to_owned(),
        plain(policy(edge.policy.as_deref(), edge.direction)),
        edge.calls.to_string(),
        rate_text(edge.per_second),
        percent_text(percent(edge.succeeded, edge.calls)),
        latency(|latency| latency.p50_ms),
        latency(|latency| latency.p99_ms),
    ];
    if wide {
        let seen = if edge.direction == Direction::Inbound { "called" } else { "caller" };
        let or_dash = |text: &Option<String>| plain(text.as_deref().unwrap_or("-"));
        row.extend([latency(|latency| latency.p90_ms), latency(|latency| latency.p95_ms), seen.to_owned()]);
        row.extend([or_dash(&edge.destination.service), or_dash(&edge.source.identity)]);
    }
    row
}
