//! Which of what the proxies of both ends tell is shown: each call once.

use meshglot_observed::{Call, Direction, Edge, Party, Verdict};

/// Whether a call is shown where no direction was asked for: as the called sees it, or, if it never came there, as the caller does.
pub(super) fn is_shown(call: &Call) -> bool {
    // What was answered has no flag, however bad the answer is.
    call.direction == Direction::Inbound || (call.verdict == Verdict::Failed && call.flags.is_some())
}

/// The same of edges: those of callers' proxies only where no proxy of the called tells of it.
pub(super) fn shown(edges: &[Edge]) -> Vec<&Edge> {
    let inbound: Vec<&Edge> = edges.iter().filter(|edge| edge.direction == Direction::Inbound).collect();
    let is_told = |edge: &Edge| {
        let mut of_called = inbound.iter().filter(|one| is_same(&one.destination, &edge.destination)).peekable();
        let is_seen = of_called.peek().is_some();
        let is_failed_there = of_called.any(|one| is_same(&one.source, &edge.source) && one.verdict == Verdict::Failed);
        is_seen && (edge.verdict != Verdict::Failed || is_failed_there)
    };
    edges.iter().filter(|edge| edge.direction == Direction::Inbound || !is_told(edge)).collect()
}

/// Whether two proxies may mean the same one: a caller's proxy knows the Service, that of the called the workload.
fn is_same(one: &Party, other: &Party) -> bool {
    let both = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    both(&one.workload, &other.workload) || both(&one.service, &other.service) || both(&one.identity, &other.identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(name: &str) -> Party {
        Party { service: Some(name.to_owned()), ..Party::default() }
    }

    fn edge(direction: Direction, source: &str, destination: &str, verdict: Verdict) -> Edge {
        Edge {
            direction,
            source: party(source),
            destination: party(destination),
            verdict,
            policy: None,
            calls: 1,
            per_second: 1.0,
            succeeded: 1,
            latency: None,
        }
    }

    #[test]
    fn what_both_ends_tell_is_shown_once() {
        use Direction::{Inbound, Outbound};
        use Verdict::{Allowed, Denied, Failed};
        let edges = [
            edge(Inbound, "teller", "ledger", Denied),
            // The same as the caller sees it: an answer of 403.
            edge(Outbound, "teller", "ledger", Allowed),
            // It never came there.
            edge(Outbound, "teller", "ledger", Failed),
            edge(Inbound, "batch", "ledger", Failed),
            edge(Outbound, "batch", "ledger", Failed),
            // Nobody there tells.
            edge(Outbound, "teller", "archive", Allowed),
        ];
        let found: Vec<usize> =
            shown(&edges).into_iter().map(|one| edges.iter().position(|edge| edge == one).expect("one of them")).collect();
        assert_eq!(found, [0, 2, 3, 5]);
    }
}
