//! The table of edges, and what stands beside a focus: the same edges in words.

use meshglot_translator::effect::{Allowance, Party};

use super::drawn::{focus_link, namespace_link, page_link, said, why};
use super::groups::Groups;
use super::scope::Scope;
use crate::map::{ENOUGH, Map, Observed, Tie, What};
use crate::map::{Spot, SpotKind};
use crate::parts::rate::{percent, rate};
use crate::parts::verdict::Badge;
use crate::visit::Visit;

/// As many edges of a kind stand beside a focus; the table has all.
const BESIDE: usize = 8;

/// An edge in words.
pub(super) struct Row {
    pub(super) from: Named,
    pub(super) to: Named,
    pub(super) port: u16,
    /// What is said, a line each.
    pub(super) said: Vec<String>,
    pub(super) badge: Badge,
    /// The policy that decides, with its page.
    pub(super) by: Vec<(String, Option<String>)>,
    pub(super) codes: Vec<&'static str>,
    /// What was seen of it; `None`: nobody looks.
    pub(super) seen: Option<(String, String)>,
    /// The trace of such a call, or the calls.
    pub(super) why: Option<String>,
}

/// A node in words.
pub(super) struct Named {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) href: String,
    /// What it is, or calls as, where its name does not tell.
    pub(super) note: Option<String>,
}

/// What stands beside the picture, about its focus.
pub(super) struct Panel {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) href: Option<String>,
    pub(super) badge: Option<Badge>,
    pub(super) callers: Vec<Row>,
    pub(super) callees: Vec<Row>,
    pub(super) shares: Vec<Row>,
    /// Edges that are left out here.
    pub(super) more: usize,
    /// What anyone whom no rule names may do, by port.
    pub(super) others: Vec<(u16, Badge, Vec<String>)>,
}

/// A row of the table of namespaces.
pub(super) struct GroupRow {
    pub(super) from: (String, Option<String>),
    pub(super) to: (String, Option<String>),
    pub(super) calls: usize,
}

impl Row {
    pub(super) fn of(visit: &Visit, map: &Map, observed: Option<&Observed>, tie: &Tie, scope: &Scope) -> Self {
        let badge = match &tie.what {
            What::Share { .. } => Badge::SHARE,
            What::Attempt { .. } | What::Call { .. } => Badge::of_call(if tie.is_denied() { "deny" } else { "allow" }),
        };
        let mut from = Named::of(visit, &map.spots[tie.from], scope);
        if let What::Call { party: Party::Account(account), .. } | What::Attempt { party: Party::Account(account) } = &tie.what
            && account.name != map.spots[tie.from].key.name
        {
            from.note = Some(format!("as sa/{account}"));
        }
        let mut by: Vec<(String, Option<String>)> = tie.by.iter().map(|key| (key.to_string(), visit.object_link(key))).collect();
        if by.is_empty() && matches!(tie.what, What::Attempt { .. }) {
            by.push(("default".to_owned(), None));
        }
        Self {
            from,
            to: Named::of(visit, &map.spots[tie.to], scope),
            port: tie.port,
            said: said(tie),
            badge,
            by,
            codes: tie.codes.clone(),
            seen: observed.map(|observed| seen(map, observed, tie)),
            why: why(visit, map, tie),
        }
    }
}

/// How many calls a second there were, and how many went well.
fn seen(map: &Map, observed: &Observed, tie: &Tie) -> (String, String) {
    if tie.is_share() {
        let share = observed.share_of(map, tie).map(percent);
        return (share.unwrap_or_else(|| format!("below {ENOUGH} calls, or seen together")), String::new());
    }
    match observed.at(tie) {
        Some(flow) if flow.calls > 0 && tie.is_denied() => (rate(observed.window.rate(flow.calls)), "denied".to_owned()),
        Some(flow) if flow.calls > 0 => (rate(observed.window.rate(flow.calls)), format!("{} ok", percent(flow.success()))),
        _ => ("unused".to_owned(), String::new()),
    }
}

impl Named {
    fn of(visit: &Visit, spot: &Spot, scope: &Scope) -> Self {
        let note = match spot.key.kind {
            SpotKind::Service => None,
            SpotKind::Workload(kind) => Some(kind.name().to_owned()),
            SpotKind::Account => Some("account".to_owned()),
            SpotKind::Spiffe => Some("identity of elsewhere".to_owned()),
        };
        Self { namespace: spot.key.namespace.to_string(), name: spot.key.name.to_string(), href: focus_link(visit, spot, scope), note }
    }
}

impl Panel {
    pub(super) fn of(visit: &Visit, map: &Map, observed: Option<&Observed>, denied: &[Tie], scope: &Scope) -> Option<Self> {
        let focus = scope.focus?;
        let spot = &map.spots[focus];
        let ties: Vec<&Tie> = map.ties.iter().chain(denied).filter(|tie| tie.touches(focus)).collect();
        let mut more = 0;
        let mut rows = |wanted: &dyn Fn(&Tie) -> bool| -> Vec<Row> {
            let found: Vec<&&Tie> = ties.iter().filter(|tie| wanted(tie)).collect();
            more += found.len().saturating_sub(BESIDE);
            found.into_iter().take(BESIDE).map(|tie| Row::of(visit, map, observed, tie, scope)).collect()
        };
        let callers = rows(&|tie| tie.to == focus && !tie.is_share());
        let callees = rows(&|tie| tie.from == focus && tie.to != focus && !tie.is_share());
        let shares = rows(&Tie::is_share);
        Some(Self {
            name: spot.key.path(),
            kind: kind(spot),
            href: page_link(visit, spot),
            badge: spot.access.map(Badge::of_access),
            callers,
            callees,
            shares,
            more,
            others: others(visit, spot),
        })
    }
}

fn kind(spot: &Spot) -> &'static str {
    match spot.key.kind {
        SpotKind::Service => "Service",
        SpotKind::Workload(kind) => kind.name(),
        SpotKind::Account => "ServiceAccount",
        SpotKind::Spiffe => "Identity",
    }
}

/// What anyone else may do at each port of a Service.
fn others(visit: &Visit, spot: &Spot) -> Vec<(u16, Badge, Vec<String>)> {
    let Some(key) = spot.key.as_service() else { return Vec::new() };
    let entrances = visit.snapshot.entrances();
    let Some(service) = entrances.inventory().service(&key) else { return Vec::new() };
    let told = |port: &meshglot_translator::effect::Entrance| {
        let allowance = port.allows(&Party::Others);
        let badge = Badge::of_call(if allowance == Allowance::Nothing { "deny" } else { "allow" });
        (port.port().number, badge, if allowance == Allowance::Everything { vec!["everything".to_owned()] } else { allowance.words() })
    };
    entrances.ports(service).iter().map(told).collect()
}

impl GroupRow {
    pub(super) fn all(visit: &Visit, groups: &Groups) -> Vec<Self> {
        let named = |at: usize| {
            let group = &groups.groups[at];
            (group.name.to_string(), group.is_namespace.then(|| namespace_link(visit, &group.name)))
        };
        groups.ties.iter().map(|tie| Self { from: named(tie.from), to: named(tie.to), calls: tie.calls }).collect()
    }
}
