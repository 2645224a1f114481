//! `meshglot tap`, `edges`, `stat` and `top`: looks at a mesh that runs.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{ClusterArgs, PlaneOrFile, RunningMesh};

/// What came of a call.
const VERDICTS: [&str; 3] = ["allowed", "denied", "failed"];

pub(super) const TAP_EXAMPLES: &str = "\
Examples:
  meshglot tap --config-dir mesh/ --for 1s
  meshglot tap svc/ledger -n bank --config-dir mesh/ --verdict denied --for 1s
  meshglot tap --from bank/teller --path /accounts --config-dir mesh/ --for 1s -o json
  meshglot tap ns/bank --verdict denied --context production

A line for each call that a proxy sees end, until Ctrl-C: those that come to a workload, and those that never arrived at one.
TARGET, --from and --to are svc/NAME, deploy/NAME, workload/NAME, ns/NAME, NAMESPACE/NAME or NAME. Without --config-dir, --admin
and MESHGLOT_CONFIG_DIR the built-in mesh of kubectl's cluster is looked at, by whoever may forward ports of its controllers.
Exit codes: 0 ended, 2 usage, 3 unreadable file, 4 no control plane answers, or it is forbidden.";

pub(super) const EDGES_EXAMPLES: &str = "\
Examples:
  meshglot edges --config-dir mesh/
  meshglot edges svc/ledger -n bank -t 5m --config-dir mesh/ -o wide
  meshglot edges --verdict denied --config-dir mesh/ -o json
  meshglot edges ns/bank --context production

Counted by the proxies of this machine, or of a cluster: there from the moment on at which somebody looks. P50 and P99 are upper
bounds, of all calls to that workload.
Exit codes: 0 printed, 2 usage, 3 unreadable file, 4 no control plane answers, or it is forbidden.";

pub(super) const STAT_EXAMPLES: &str = "\
Examples:
  meshglot stat --config-dir mesh/
  meshglot stat ns/bank -t 5m --config-dir mesh/ -o wide
  meshglot stat --context production

SUCCESS is of the calls that policy let pass. P50, P95 and P99 are upper bounds.
Exit codes: 0 printed, 2 usage, 3 unreadable file, 4 no control plane answers, or it is forbidden.";

pub(super) const TOP_EXAMPLES: &str = "\
Examples:
  meshglot top --config-dir mesh/ --for 1s
  meshglot top svc/ledger -n bank --config-dir mesh/ --for 1s
  meshglot top svc/ledger -n bank --context production

On a terminal it is drawn again each second until Ctrl-C; elsewhere one table is printed, after 10 s if --for does not say
otherwise. BEST, WORST and LAST are times from the head of a call to the last byte of its answer.
Exit codes: 0 ended, 2 usage, 3 unreadable file, 4 no control plane answers, or it is forbidden.";

pub(super) const EVENTS_EXAMPLES: &str = "\
Examples:
  meshglot events --config-dir mesh/
  meshglot events --config-dir mesh/ -o json
  meshglot events --context production --for traffictarget/cart-callers -n shop

Of a standalone mesh: what the control plane has said, policy that is in force or is not, proxies that begin and fall. Of a cluster:
what was said of objects. The oldest first. Without --config-dir, --admin and MESHGLOT_CONFIG_DIR the cluster of kubectl is asked.
Exit codes: 0 printed, 2 usage, 3 unreadable file, 4 nobody answers, or it is forbidden.";

pub(super) const SUGGEST_EXAMPLES: &str = "\
Examples:
  meshglot suggest --config-dir mesh/ --for 1s
  meshglot suggest svc/ledger -n bank --denied --config-dir mesh/ --for 1s > suggested.yaml
  meshglot suggest ns/bank --for 10m --context production > suggested.yaml

It looks at calls for a while, and prints TrafficTargets and routes that let in exactly those that passed without a rule:
each path by itself, so that you see what a pattern would have to be. On standard error: what they would change.
Exit codes: 0 printed, 2 usage, 3 unreadable file, 4 no control plane answers, or it is forbidden.";

/// What is looked at.
#[derive(Debug, Args)]
pub struct Looked {
    /// A caller or who is called: svc/NAME, deploy/NAME, workload/NAME, ns/NAME, NAMESPACE/NAME or NAME; absent: all
    #[arg(value_name = "TARGET")]
    pub target: Option<String>,
    /// Namespace of names that have none; absent: every namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Where from.
    #[command(flatten)]
    pub mesh: RunningMesh,
}

/// `meshglot tap`.
#[derive(Debug, Args)]
pub struct TapArgs {
    /// Whose calls.
    #[command(flatten)]
    pub looked: Looked,
    /// Only calls of this one, named as TARGET is
    #[arg(long = "from", value_name = "TARGET")]
    pub caller: Option<String>,
    /// Only calls to this one, named as TARGET is
    #[arg(long = "to", value_name = "TARGET")]
    pub called: Option<String>,
    /// Only requests with this method
    #[arg(long, value_name = "METHOD")]
    pub method: Option<String>,
    /// Only requests whose path begins so
    #[arg(long, value_name = "PREFIX")]
    pub path: Option<String>,
    /// Only calls of which this came: allowed, denied or failed
    #[arg(long, value_parser = VERDICTS, value_name = "VERDICT")]
    pub verdict: Option<String>,
    /// Whose proxies tell: in, out or both; absent: in, and out for calls that never arrived
    #[arg(long, value_parser = ["in", "out", "both"], value_name = "DIRECTION")]
    pub direction: Option<String>,
    /// Show at most so many calls a second, and tell how many were left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_rps: Option<u64>,
    /// End after so long, such as 30s
    #[arg(long = "for", value_name = "DURATION", value_parser = span)]
    pub lasts: Option<Duration>,
    /// End after so many calls
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// text, wide, or json: a document a line
    #[arg(short, long, default_value = "text", value_parser = ["text", "wide", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot edges`.
#[derive(Debug, Args)]
pub struct EdgesArgs {
    /// Whose edges.
    #[command(flatten)]
    pub looked: Looked,
    /// Of the last so long, at most 10m
    #[arg(short = 't', long = "time", default_value = "1m", value_name = "DURATION", value_parser = window)]
    pub window: Duration,
    /// Only edges of which this came: allowed, denied or failed
    #[arg(long, value_parser = VERDICTS, value_name = "VERDICT")]
    pub verdict: Option<String>,
    /// table, wide or json
    #[arg(short, long, default_value = "table", value_parser = ["table", "wide", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot stat`.
#[derive(Debug, Args)]
pub struct StatArgs {
    /// Who.
    #[command(flatten)]
    pub looked: Looked,
    /// Of the last so long, at most 10m
    #[arg(short = 't', long = "time", default_value = "1m", value_name = "DURATION", value_parser = window)]
    pub window: Duration,
    /// table, wide or json
    #[arg(short, long, default_value = "table", value_parser = ["table", "wide", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot top`.
#[derive(Debug, Args)]
pub struct TopArgs {
    /// Whose calls.
    #[command(flatten)]
    pub looked: Looked,
    /// End after so long, such as 30s
    #[arg(long = "for", value_name = "DURATION", value_parser = span)]
    pub lasts: Option<Duration>,
}

/// `meshglot events`.
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Of a cluster: what was said of this object, by whomever; may be repeated; absent: what meshglot says of any
    #[arg(long = "for", value_name = "KIND/NAME")]
    pub about: Vec<String>,
    /// Of a cluster: namespace; absent: every namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Every namespace, as without -n
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Where from.
    #[command(flatten)]
    pub from: PlaneOrFile,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Go on with what happens, until Ctrl-C
    #[arg(short, long)]
    pub watch: bool,
    /// text, or json: one document, with --watch an event a line
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot suggest`.
#[derive(Debug, Args)]
pub struct SuggestArgs {
    /// Whose calls.
    #[command(flatten)]
    pub looked: Looked,
    /// Look for so long, such as 5m
    #[arg(long = "for", default_value = "10s", value_name = "DURATION", value_parser = span)]
    pub lasts: Duration,
    /// Let in calls that were denied, too
    #[arg(long)]
    pub denied: bool,
    /// File or folder of the policy in force, to say what changes; may be repeated; absent: that of --config-dir
    #[arg(long, value_name = "PATH")]
    pub policy: Vec<PathBuf>,
}

/// `500ms`, `30s`, `5m` or `1h`.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let millis: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("a duration is a number with ms, s, m or h".to_owned()),
    };
    // A year is for ever, and fits every clock.
    let found = number.parse::<u64>().ok().and_then(|number| number.checked_mul(millis)).filter(|millis| *millis <= 31_536_000_000);
    match found {
        Some(0) => Err("a duration is longer than nothing".to_owned()),
        Some(millis) => Ok(Duration::from_millis(millis)),
        None => Err("a duration is a number with ms, s, m or h, at most 8760h".to_owned()),
    }
}

/// The same, no longer than counters are kept.
fn window(text: &str) -> Result<Duration, String> {
    let found = span(text)?;
    if found > meshglot_traffic::LONGEST { Err("counters are kept for 10m".to_owned()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("500ms", Some(500))]
    #[test_case("30s", Some(30_000))]
    #[test_case("5m", Some(300_000))]
    #[test_case("1h", Some(3_600_000))]
    #[test_case("0s", None; "nothing")]
    #[test_case("5", None; "without a unit")]
    #[test_case("s", None; "without a number")]
    #[test_case("-1s", None; "negative")]
    #[test_case("99999999999999999999s", None; "too long for a number")]
    #[test_case("9000h", None; "longer than a year")]
    fn spans(text: &str, millis: Option<u64>) {
        assert_eq!(span(text).ok(), millis.map(Duration::from_millis));
    }

    #[test]
    fn a_window_is_as_long_as_counters_are_kept() {
        assert!(window("10m").is_ok() && window("601s").is_err());
    }
}
