//! A topology for machines: what the page draws and lists.

use meshglot_translator::answer::{AllowanceAnswer, Answer, PartyAnswer};
use meshglot_translator::effect::Allowance;
use schemars::JsonSchema;
use serde::Serialize;

use super::groups::Groups;
use super::part::Part;
use super::scope::Scope;
use crate::map::{Flow, Map, Observed, Tie, What};
use crate::map::{Spot, SpotKind};

/// Who may call whom, and which shares go where.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Topology {
    /// The node that it is about, by its `id`. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    focus: Option<String>,
    /// Whether there is too much for one picture: then `groups` and `calls` are filled, and `nodes` and `edges` are empty.
    grouped: bool,
    /// How many nodes were asked for, drawn one by one or not.
    total: usize,
    /// By namespace and name.
    nodes: Vec<NodeAnswer>,
    /// By caller, callee and port.
    edges: Vec<EdgeAnswer>,
    /// Namespaces in place of what is in them, by name.
    groups: Vec<GroupAnswer>,
    /// Calls between them.
    calls: Vec<CallsAnswer>,
    /// Calls between these nodes that are left out: those to parts of a split whose callers may call the split the same.
    direct_left_out: usize,
    /// Denied calls that are left out because they are too many.
    denied_left_out: usize,
    /// What was seen of the mesh that runs; absent where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    observed: Option<ObservedAnswer>,
}

/// How far was looked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObservedAnswer {
    /// The end of the span (RFC 3339).
    at: String,
    /// How long it is, in seconds.
    window_seconds: f64,
    /// Calls of which an end stands nowhere in the map.
    elsewhere: u64,
}

/// What was seen at an edge.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeenAnswer {
    /// Calls; 0: the edge is unused.
    calls: u64,
    /// How many a second.
    per_second: f64,
    /// How many of them were answered well.
    succeeded: u64,
}

impl Answer for Topology {
    const KIND: &'static str = "Topology";
}

/// A Service, or who calls without being behind one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct NodeAnswer {
    /// `KIND/NAMESPACE/NAME`, or an ID of SPIFFE.
    id: String,
    /// What it is.
    #[schemars(extend("enum" = ["service", "workload", "account", "spiffeId"]))]
    kind: &'static str,
    /// How a Service is protected, as `/services` says it. Absent for others, and for Services that are not in the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<&'static str>,
    /// Ports of a Service.
    ports: Vec<u16>,
    /// The accounts that it calls as, `NAMESPACE/NAME`.
    accounts: Vec<String>,
}

/// A call, or a share of a split.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct EdgeAnswer {
    /// The node that calls, or whose calls are split.
    from: String,
    /// The node that is called, or gets a share.
    to: String,
    /// The port that is called.
    port: u16,
    /// `allowed`: something is let in; `denied`: nothing is; `attempted`: it was tried in vain, whatever else is let in; `share`: a share of the calls goes there.
    #[schemars(extend("enum" = ["allowed", "attempted", "denied", "share"]))]
    kind: &'static str,
    /// Who calls. Absent for a share.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<PartyAnswer>,
    /// What is let in. Absent for a share.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<AllowanceAnswer>,
    /// Which share, exactly: `9/10`. Absent for a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<String>,
    /// Names of the matches of which one must take a call; none: every call. Absent for a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    matches: Option<Vec<String>>,
    /// The policy that decides, `KIND/NAMESPACE/NAME`; none where nothing lets the caller in.
    policies: Vec<String>,
    /// Codes of what some mesh loses of that policy.
    codes: Vec<&'static str>,
    /// What was seen of it. Absent where no mesh runs, and for a share.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<SeenAnswer>,
    /// Which part of the calls that are split was answered there, from 0 to 1. Absent unless enough were seen.
    #[serde(rename = "seenShare", skip_serializing_if = "Option::is_none")]
    seen_share: Option<f64>,
}

/// A namespace.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct GroupAnswer {
    /// Its name.
    namespace: String,
    /// Its Services.
    services: usize,
    /// Those of which some port lets in whoever calls.
    open: usize,
    /// Who calls without being behind a Service.
    callers: usize,
}

/// Calls that are let in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CallsAnswer {
    /// The namespace of the callers.
    from: String,
    /// The namespace of the Services.
    to: String,
    /// Pairs of a caller and a port of a Service.
    calls: usize,
}

impl Topology {
    pub(super) fn of(map: &Map, observed: Option<&Observed>, part: &Part<'_>, groups: Option<&Groups>, scope: &Scope) -> Self {
        let small = groups.is_none();
        let name = |groups: &Groups, at: usize| groups.groups[at].name.to_string();
        Self {
            focus: scope.focus.map(|at| map.spots[at].key.id()),
            grouped: !small,
            total: part.spots.len(),
            nodes: part.spots.iter().filter(|_| small).map(|at| NodeAnswer::of(&map.spots[*at])).collect(),
            edges: part.ties.iter().filter(|_| small).map(|tie| EdgeAnswer::of(tie, map, observed)).collect(),
            groups: groups.map(GroupAnswer::all).unwrap_or_default(),
            calls: groups
                .map(|groups| {
                    let calls = |tie: &super::groups::GroupTie| CallsAnswer {
                        from: name(groups, tie.from),
                        to: name(groups, tie.to),
                        calls: tie.calls,
                    };
                    groups.ties.iter().map(calls).collect()
                })
                .unwrap_or_default(),
            direct_left_out: part.direct,
            denied_left_out: part.denied,
            observed: observed.map(|observed| ObservedAnswer {
                at: observed.window.at.clone(),
                window_seconds: observed.window.seconds,
                elsewhere: observed.elsewhere.calls,
            }),
        }
    }
}

impl NodeAnswer {
    fn of(spot: &Spot) -> Self {
        Self {
            id: spot.key.id(),
            kind: match spot.key.kind {
                SpotKind::Service => "service",
                SpotKind::Workload(_) => "workload",
                SpotKind::Account => "account",
                SpotKind::Spiffe => "spiffeId",
            },
            access: spot.access,
            ports: spot.ports.iter().map(|(number, _)| *number).collect(),
            accounts: spot.accounts.iter().map(ToString::to_string).collect(),
        }
    }
}

impl EdgeAnswer {
    fn of(tie: &Tie, map: &Map, observed: Option<&Observed>) -> Self {
        let seen = |flow: Flow, observed: &Observed| SeenAnswer {
            calls: flow.calls,
            per_second: observed.window.rate(flow.calls),
            succeeded: flow.succeeded,
        };
        let (caller, access, share, matches) = match &tie.what {
            What::Attempt { party } => (Some(party.into()), Some((&Allowance::Nothing).into()), None, None),
            What::Call { party, allowance, direct: _ } => (Some(party.into()), Some(allowance.into()), None, None),
            What::Share { share, matches } => {
                (None, None, Some(share.to_string()), Some(matches.iter().map(ToString::to_string).collect()))
            }
        };
        let kind = match &tie.what {
            What::Share { .. } => "share",
            What::Attempt { .. } => "attempted",
            What::Call { .. } if tie.is_denied() => "denied",
            What::Call { .. } => "allowed",
        };
        Self {
            from: map.spots[tie.from].key.id(),
            to: map.spots[tie.to].key.id(),
            port: tie.port,
            kind,
            caller,
            access,
            share,
            matches,
            policies: tie.by.iter().map(ToString::to_string).collect(),
            codes: tie.codes.clone(),
            seen: observed.and_then(|observed| Some(seen(observed.at(tie)?, observed))),
            seen_share: observed.and_then(|observed| observed.share_of(map, tie)),
        }
    }
}

impl GroupAnswer {
    fn all(groups: &Groups) -> Vec<Self> {
        let one = |group: &super::groups::Group| Self {
            namespace: group.name.to_string(),
            services: group.services,
            open: group.open,
            callers: group.callers,
        };
        groups.groups.iter().map(one).collect()
    }
}
