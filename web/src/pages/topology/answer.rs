//! A topology for machines: what the page draws and lists.

use meshglot_translator::answer::{AllowanceAnswer, Answer, PartyAnswer};
use schemars::JsonSchema;
use serde::Serialize;

use super::groups::Groups;
use super::part::Part;
use super::scope::Scope;
use crate::map::{Map, Tie, What};
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
    /// `allowed`: something is let in; `denied`: nothing is; `share`: a share of the calls goes there.
    #[schemars(extend("enum" = ["allowed", "denied", "share"]))]
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
    pub(super) fn of(map: &Map, part: &Part<'_>, groups: Option<&Groups>, scope: &Scope) -> Self {
        let small = groups.is_none();
        let name = |groups: &Groups, at: usize| groups.groups[at].name.to_string();
        Self {
            focus: scope.focus.map(|at| map.spots[at].key.id()),
            grouped: !small,
            total: part.spots.len(),
            nodes: part.spots.iter().filter(|_| small).map(|at| NodeAnswer::of(&map.spots[*at])).collect(),
            edges: part.ties.iter().filter(|_| small).map(|tie| EdgeAnswer::of(tie, map)).collect(),
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
    fn of(tie: &Tie, map: &Map) -> Self {
        let (caller, access, share, matches) = match &tie.what {
            What::Call { party, allowance, direct: _ } => (Some(party.into()), Some(allowance.into()), None, None),
            What::Share { share, matches } => {
                (None, None, Some(share.to_string()), Some(matches.iter().map(ToString::to_string).collect()))
            }
        };
        let kind = match &tie.what {
            What::Share { .. } => "share",
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
