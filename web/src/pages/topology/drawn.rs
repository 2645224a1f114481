//! The graph of a part, and that of groups.

use meshglot_translator::effect::Allowance;
use meshglot_translator::eval::Fraction;

use super::groups::Groups;
use super::part::Part;
use super::scope::Scope;
use crate::graph::{Badge, Edge, EdgeKind, Graph, Node, NodeKind, Seen, Tone};
use crate::map::{Map, Observed, Tie, What};
use crate::map::{Spot, SpotKind};
use crate::parts::call::CallFields;
use crate::parts::rate::{percent as share_percent, rate};
use crate::parts::verdict;
use crate::problem::Problem;
use crate::query::Query;
use crate::visit::Visit;
use meshglot_translator::effect::Column;
use meshglot_translator::ir::ServiceKey;

/// Where nodes and edges lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// A node to the topology around it, an edge to its row of the table.
    Around,
    /// A node to its page, where it has one, an edge to the trace of such a call.
    Page,
}

/// Names the row of the edge that is the `nth` of a part.
pub(super) fn row_id(nth: usize) -> String {
    format!("e{nth}")
}

/// The graph of nodes and edges one by one.
pub(super) fn graph(
    visit: &Visit,
    map: &Map,
    observed: Option<&Observed>,
    part: &Part<'_>,
    scope: &Scope,
    lead: Lead,
) -> Result<Graph, Problem> {
    let home = home(map, part, scope);
    let node = |at: &usize| {
        let spot = &map.spots[*at];
        let focus = scope.focus == Some(*at);
        let page = || page_link(visit, spot);
        let around = || Some(focus_link(visit, spot, scope));
        let href = match lead {
            Lead::Around if focus => page(),
            Lead::Around => around(),
            Lead::Page if focus => around(),
            Lead::Page => page().or_else(around),
        };
        Node { id: id(*at), focus, href, ..node(spot, home.as_deref()) }
    };
    let edge = |(nth, tie): (usize, &&Tie)| {
        let href = match lead {
            Lead::Around => Some(format!("#{}", row_id(nth))),
            Lead::Page => why(visit, map, tie),
        };
        Edge { href, seen: observed.and_then(|observed| seen(map, observed, tie)), ..edge(map, tie) }
    };
    put_together(part.spots.iter().map(node).collect(), part.ties.iter().enumerate().map(edge).collect())
}

/// The graph of namespaces.
pub(super) fn grouped(visit: &Visit, groups: &Groups) -> Result<Graph, Problem> {
    let node = |(at, group): (usize, &super::groups::Group)| {
        let badge = |open: usize| Badge { sign: "!", word: format!("{open} open"), tone: Tone::Fair };
        let services = counted(group.services, "Service");
        let callers = (group.callers > 0).then(|| counted(group.callers, "other caller"));
        Node {
            id: id(at),
            kind: NodeKind::Group,
            label: group.name.to_string(),
            lines: (group.services > 0).then_some(services).into_iter().chain(callers).collect(),
            badge: (group.open > 0).then(|| badge(group.open)),
            href: group.is_namespace.then(|| namespace_link(visit, &group.name)),
            focus: false,
        }
    };
    let edge = |tie: &super::groups::GroupTie| Edge {
        from: id(tie.from),
        to: id(tie.to),
        kind: EdgeKind::Allowed,
        label: Some(tie.calls.to_string()),
        title: format!("{} to {}: {}", groups.groups[tie.from].name, groups.groups[tie.to].name, counted(tie.calls, "allowed call")),
        href: None,
        seen: None,
    };
    put_together(groups.groups.iter().enumerate().map(node).collect(), groups.ties.iter().map(edge).collect())
}

fn put_together(nodes: Vec<Node>, edges: Vec<Edge>) -> Result<Graph, Problem> {
    // Both are made from one part, by positions.
    Graph::new(nodes, edges).map_err(|broken| Problem::internal(&broken.to_string()))
}

/// `2 Services`.
pub(super) fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// The topology of one namespace.
pub(super) fn namespace_link(visit: &Visit, namespace: &str) -> String {
    visit.link(&format!("/topology{}", Query::of([("ns", namespace)]).text()))
}

/// The topology around a node, with the same kinds of edges.
pub(super) fn focus_link(visit: &Visit, spot: &Spot, scope: &Scope) -> String {
    // What is shown unless it is asked for otherwise need not be said.
    let runs = visit.app.source.live().is_some();
    let usual: &[&str] = if runs { &["allowed", "observed"] } else { &["allowed"] };
    let observed = scope.observed && runs;
    let words = [(scope.allowed, "allowed"), (scope.denied, "denied"), (scope.direct, "direct"), (observed, "observed")];
    let words: Vec<&str> = words.into_iter().filter(|(asked, _)| *asked).map(|(_, word)| word).collect();
    let edges = if words == usual { String::new() } else { words.join(",") };
    let hops = if scope.hops == 1 { String::new() } else { scope.hops.to_string() };
    visit.link(&format!("/topology{}", Query::of([("focus", &*spot.key.path()), ("hops", &hops), ("edges", &edges)]).text()))
}

/// The page of a Service; whatever else has none.
pub(super) fn page_link(visit: &Visit, spot: &Spot) -> Option<String> {
    spot.access.and_then(|_| visit.object_link(&spot.key.as_service()?.object()))
}

/// By position, so that nodes are walked in the order of the table.
fn id(at: usize) -> String {
    format!("{at:06}")
}

/// The namespace that goes without saying: the one that is asked for, or that of everything.
fn home(map: &Map, part: &Part<'_>, scope: &Scope) -> Option<String> {
    let of = |at: &usize| map.spots[*at].key.namespace.to_string();
    let first = part.spots.first().map(of);
    let only = first.filter(|first| part.spots.iter().all(|at| of(at) == *first));
    scope.namespace.clone().or_else(|| scope.focus.as_ref().map(of)).or(only)
}

/// What a node says; `home`: the namespace that it need not say.
fn node(spot: &Spot, home: Option<&str>) -> Node {
    let (kind, mut lines) = match spot.key.kind {
        SpotKind::Service => {
            let ports = spot
                .ports
                .iter()
                .map(|(number, spoken)| if spoken == "not declared" { number.to_string() } else { format!("{number} {spoken}") });
            (NodeKind::Service, vec![ports.collect::<Vec<_>>().join(", ")])
        }
        SpotKind::Workload(kind) => (NodeKind::Workload, vec![kind.name().to_owned()]),
        SpotKind::Account => (NodeKind::Account, vec!["nothing runs as it".to_owned()]),
        SpotKind::Spiffe => (NodeKind::Account, vec!["identity of elsewhere".to_owned()]),
    };
    lines.retain(|line| !line.is_empty());
    if !spot.key.namespace.is_empty() && home != Some(&*spot.key.namespace) {
        lines.push(format!("in {}", spot.key.namespace));
    }
    let badge = match (spot.key.kind, spot.access) {
        (SpotKind::Service, None) => Some(Badge { sign: "?", word: "not in the input".to_owned(), tone: Tone::Fair }),
        (_, Some("nobody") | None) => None,
        (_, Some("open")) => Some(Badge { sign: "!", word: "open to anyone".to_owned(), tone: Tone::Fair }),
        (_, Some(word)) => {
            let shown = verdict::Badge::of_access(word);
            let tone = if shown.class == "good" { Tone::Good } else { Tone::Fair };
            Some(Badge { sign: shown.sign, word: shown.word.to_owned(), tone })
        }
    };
    Node { id: String::new(), kind, label: spot.key.name.to_string(), lines, badge, href: None, focus: false }
}

fn edge(map: &Map, tie: &Tie) -> Edge {
    let to = &map.spots[tie.to];
    let port = if to.ports.len() > 1 { format!(":{} ", tie.port) } else { String::new() };
    let (kind, label) = match &tie.what {
        What::Share { share, matches } => {
            let when = if matches.is_empty() { String::new() } else { format!(" if {}", matches.join(" or ")) };
            (EdgeKind::Split, Some(format!("{port}{}{when}", percent(*share))))
        }
        // Nothing keeps such a caller out.
        What::Call { .. } if tie.is_seen_alone() && !tie.is_denied() => (EdgeKind::Open, Some(format!("{port}open"))),
        What::Attempt { .. } | What::Call { .. } if tie.is_denied() => {
            (EdgeKind::Denied, Some(port.trim_end().to_owned()).filter(|port| !port.is_empty()))
        }
        What::Attempt { .. } => (EdgeKind::Denied, None),
        What::Call { allowance, .. } => {
            let mut words = allowance.words();
            let more = if words.len() > 1 { format!(" +{}", words.len() - 1) } else { String::new() };
            words.truncate(1);
            (EdgeKind::Allowed, Some(format!("{port}{}{more}", words.concat())))
        }
    };
    Edge { from: id(tie.from), to: id(tie.to), kind, label, title: title(map, tie), href: None, seen: None }
}

/// What was seen at an edge.
fn seen(map: &Map, observed: &Observed, tie: &Tie) -> Option<Seen> {
    if tie.is_share() {
        let share = observed.share_of(map, tie).map(share_percent);
        let label = share.as_ref().map_or_else(String::new, |share| format!("· {share}"));
        let words = share.map_or_else(|| "too few calls were seen".to_owned(), |share| format!("{share} were seen"));
        return Some(Seen { used: true, label, words });
    }
    let flow = observed.at(tie)?;
    if flow.calls == 0 {
        return Some(Seen {
            used: false,
            label: if tie.is_denied() { String::new() } else { "unused".to_owned() },
            words: "unused".to_owned(),
        });
    }
    let rate = rate(observed.window.rate(flow.calls));
    let (label, words) = match tie.is_denied() {
        true => (rate.clone(), format!("{} denied, {rate}", flow.calls)),
        false => {
            let ok = share_percent(flow.success());
            (format!("{rate} {ok}"), format!("{} seen, {rate}, {ok} went well", counted(flow.calls as usize, "call")))
        }
    };
    Some(Seen { used: true, label, words })
}

/// All of an edge in words.
fn title(map: &Map, tie: &Tie) -> String {
    let (from, to) = (map.spots[tie.from].key.path(), map.spots[tie.to].key.path());
    let by: Vec<String> = tie.by.iter().map(ToString::to_string).collect();
    let by = if by.is_empty() { String::new() } else { format!(", by {}", by.join(", ")) };
    let said = said(tie).join(", ");
    match &tie.what {
        What::Share { .. } => format!("{from} port {} to {to}: {said}{by}", tie.port),
        What::Attempt { party } => format!("{from} was denied at {to} port {}, as {party}{by}", tie.port),
        What::Call { party, .. } if tie.is_denied() => format!("{from} may not call {to} port {}, as {party}: {said}", tie.port),
        What::Call { party, .. } => format!("{from} may call {to} port {}, as {party}: {said}{by}", tie.port),
    }
}

/// What an edge says, a line each.
pub(super) fn said(tie: &Tie) -> Vec<String> {
    match &tie.what {
        What::Share { share, matches } if matches.is_empty() => vec![format!("{} of all calls", percent(*share))],
        What::Share { share, matches } => vec![format!("{} of calls that match {}", percent(*share), matches.join(" or "))],
        What::Attempt { .. } => vec!["attempted in vain".to_owned()],
        What::Call { allowance: Allowance::Nothing, .. } => vec!["nothing lets it in".to_owned()],
        What::Call { allowance: Allowance::Everything, .. } => vec!["everything".to_owned()],
        What::Call { allowance, .. } => allowance.words(),
    }
}

/// `12.5%`.
pub(super) fn percent(share: Fraction) -> String {
    let text = share.percent();
    let number = text.trim_end_matches('%').trim_end_matches('0').trim_end_matches('.');
    format!("{number}%")
}

/// The trace of such a call; of one that was tried, the calls themselves.
pub(super) fn why(visit: &Visit, map: &Map, tie: &Tie) -> Option<String> {
    if matches!(tie.what, What::Attempt { .. }) {
        let [from, to] = [tie.from, tie.to].map(|at| map.spots[at].key.path());
        let query = Query::of([("svc", to.as_str()), ("verdict", "denied"), ("from", &from)]);
        return Some(visit.link(&format!("/live{}", query.text())));
    }
    let What::Call { party, allowance, .. } = &tie.what else { return None };
    let to: ServiceKey = map.spots[tie.to].key.as_service()?;
    let call = CallFields::about(party, &Column { service: to, port: tie.port }, allowance)?;
    Some(visit.link(&format!("/access/explain{}", call.query().text())))
}
