//! `meshglot stat`: how well each workload answers.

use std::collections::BTreeMap;

use meshglot_observed::{Edges, Latency, Party, Verdict};
use meshglot_translator::answer::Answer;
use schemars::JsonSchema;
use serde::Serialize;

use super::number::{millis_text, percent, percent_text, rate_text};
use super::target::Target;
use super::{arrival, ask};
use crate::Io;
use crate::args::StatArgs;
use crate::exit::{Exit, Outcome};
use crate::lint::line::plain;

/// How well each workload answers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stat {
    /// The end of the span (RFC 3339).
    at: String,
    /// How long it is, in seconds; shorter than was asked for where nobody looked earlier.
    window_seconds: f64,
    /// By name.
    rows: Vec<Row>,
    /// Workloads whose proxies do not tell, with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    silent: Vec<String>,
}

impl Answer for Stat {
    const KIND: &'static str = "Stat";
}

/// One workload that was called; or a Service, where none of its proxies tells.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Row {
    /// Who was called.
    destination: Party,
    /// How often.
    calls: u64,
    /// How often policy did not let it pass.
    denied: u64,
    /// How often it passed, and was not answered or with a status from 500 on.
    failed: u64,
    /// Of a hundred calls that policy let pass, how many were answered well; absent: none passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    success_percent: Option<f64>,
    /// How many a second.
    per_second: f64,
    /// How long they took; absent: too few, or nobody counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<Latency>,
}

pub(crate) fn run(args: &StatArgs, io: &mut Io<'_>) -> Outcome {
    let target = Target::of(&args.looked)?;
    let mut stat = of(&ask(&args.looked, args.window, io)?);
    if let Some(target) = target {
        stat.rows.retain(|row| target.is(&row.destination));
    }
    if args.output == "json" {
        io.answer(&stat)?;
        return Ok(Exit::Ok);
    }
    let wide = args.output == "wide";
    let head = ["NAME", "SUCCESS", "RPS", "DENIED", "P50", "P95", "P99"];
    let more = wide.then_some(["CALLS", "FAILED", "P90", "SERVICE"]).into_iter().flatten();
    let mut rows = vec![head.into_iter().chain(more).map(str::to_owned).collect::<Vec<_>>()];
    rows.extend(stat.rows.iter().map(|row| cells(row, wide)));
    io.columns(&rows)?;
    if stat.rows.is_empty() && !io.quiet {
        writeln!(io.stderr, "note: nobody was called within {:.0} s", stat.window_seconds)?;
    }
    Ok(Exit::Ok)
}

/// What edges say of those who are called.
fn of(edges: &Edges) -> Stat {
    let mut rows: BTreeMap<Party, (Row, u64)> = BTreeMap::new();
    for edge in arrival::shown(&edges.edges) {
        let new = || {
            let destination = edge.destination.clone();
            let row = Row { destination, calls: 0, denied: 0, failed: 0, success_percent: None, per_second: 0.0, latency: edge.latency };
            (row, 0)
        };
        let (row, succeeded) = rows.entry(edge.destination.clone()).or_insert_with(new);
        row.calls += edge.calls;
        row.per_second += edge.per_second;
        *succeeded += edge.succeeded;
        match edge.verdict {
            Verdict::Allowed => {}
            Verdict::Denied => row.denied += edge.calls,
            Verdict::Failed => row.failed += edge.calls,
        }
    }
    let rows = with_lost(rows);
    let row = |(row, succeeded): (Row, u64)| Row { success_percent: percent(succeeded, row.calls - row.denied), ..row };
    Stat {
        at: edges.at.clone(),
        window_seconds: edges.window_seconds,
        rows: rows.into_iter().map(row).collect(),
        silent: edges.silent.clone(),
    }
}

/// Calls that never arrived are known by their Service alone: they are those of its workload, where it has just one that is called.
fn with_lost(rows: BTreeMap<Party, (Row, u64)>) -> Vec<(Row, u64)> {
    let (mut arrived, lost): (Vec<_>, Vec<_>) = rows.into_values().partition(|(row, _)| row.destination.workload.is_some());
    let mut others = Vec::new();
    for (row, succeeded) in lost {
        let service = row.destination.service.clone();
        let mut same = arrived.iter_mut().filter(|(one, _)| service.is_some() && one.destination.service == service);
        match (same.next(), same.next()) {
            (Some((one, well)), None) => {
                one.calls += row.calls;
                one.failed += row.failed;
                one.per_second += row.per_second;
                *well += succeeded;
            }
            _ => others.push((row, succeeded)),
        }
    }
    others.into_iter().chain(arrived).collect()
}

fn cells(row: &Row, wide: bool) -> Vec<String> {
    let latency = |of: fn(&Latency) -> f64| millis_text(row.latency.as_ref().map(of));
    let mut cells = vec![
        plain(&row.destination.name()),
        percent_text(row.success_percent),
        rate_text(row.per_second),
        row.denied.to_string(),
        latency(|latency| latency.p50_ms),
        latency(|latency| latency.p95_ms),
        latency(|latency| latency.p99_ms),
    ];
    if wide {
        let service = plain(row.destination.service.as_deref().unwrap_or("-"));
        cells.extend([row.calls.to_string(), row.failed.to_string(), latency(|latency| latency.p90_ms), service]);
    }
    cells
}
