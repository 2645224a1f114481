//! Too many ports for one table: how many pairs of a caller and a port are let in, namespace by namespace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::answer::Answer;
use meshglot_translator::effect::{Allowance, Entrance, Entrances, Party};
use schemars::JsonSchema;
use serde::Serialize;

use crate::problem::Problem;
use crate::visit::Visit;

/// Namespaces by namespaces.
pub(super) struct Groups {
    /// Namespaces that are called.
    pub(super) columns: Vec<Group>,
    /// Namespaces that call.
    pub(super) rows: Vec<(String, Vec<Count>)>,
    /// Of all ports.
    pub(super) ports: usize,
}

/// A namespace that is called.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) href: String,
}

/// Pairs of a caller and a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// Of which something is let in.
    pub(super) allowed: usize,
    /// Of which everything is.
    pub(super) open: usize,
    pub(super) pairs: usize,
}

/// The same for machines.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct GroupsAnswer {
    /// Row by row.
    cells: Vec<GroupAnswer>,
}

/// Callers of one namespace and ports of another.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct GroupAnswer {
    /// Namespace of the callers.
    from: String,
    /// Namespace of the Services.
    to: String,
    /// Pairs of a ServiceAccount and a port of a Service.
    pairs: usize,
    /// Pairs of which something is let in.
    allowed: usize,
    /// Pairs of which everything is let in.
    everything: usize,
}

impl Answer for GroupsAnswer {
    const KIND: &'static str = "MatrixGroups";
}

impl GroupsAnswer {
    pub(super) fn of(groups: &Groups) -> Self {
        let row = |(from, counts): &(String, Vec<Count>)| {
            let cell = |(group, count): (&Group, &Count)| GroupAnswer {
                from: from.clone(),
                to: group.name.clone(),
                pairs: count.pairs,
                allowed: count.allowed,
                everything: count.open,
            };
            groups.columns.iter().zip(counts).map(cell).collect::<Vec<_>>()
        };
        Self { cells: groups.rows.iter().flat_map(row).collect() }
    }
}

impl Groups {
    pub(super) fn of(visit: &Visit, namespace: Option<&str>) -> Result<Self, Problem> {
        let (of, only) = (visit.snapshot.clone(), namespace.map(str::to_owned));
        let counted = visit.snapshot.later.wait(&format!("groups {namespace:?}"), move || Counted::of(&of.entrances(), only.as_deref()));
        let counted = counted.ok_or_else(|| Problem::internal("the pairs could not be counted"))?;
        let Counted { callers, cells, ports } = &*counted;
        let group = |name: &Arc<str>| Group { name: name.to_string(), href: visit.here_with("ns", name) };
        let row = |caller: &Arc<str>| {
            let counts = cells.values().map(|column| column.get(caller).copied().unwrap_or_default());
            (caller.to_string(), counts.collect())
        };
        Ok(Self { columns: cells.keys().map(group).collect(), rows: callers.iter().map(row).collect(), ports: *ports })
    }
}

/// Pairs by the namespace that is called, and the one that calls.
struct Counted {
    callers: Vec<Arc<str>>,
    cells: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Count>>,
    ports: usize,
}

impl Counted {
    fn of(entrances: &Entrances<'_>, namespace: Option<&str>) -> Self {
        let inventory = entrances.inventory();
        let mut callers: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
        for workload in inventory.workloads() {
            callers.entry(workload.key.namespace.clone()).or_default().insert(workload.service_account.clone());
        }
        let mut cells: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Count>> = BTreeMap::new();
        let mut ports = 0;
        for service in inventory.services().iter().filter(|service| namespace.is_none_or(|name| *name == *service.key.namespace)) {
            for entrance in entrances.ports(service) {
                ports += 1;
                count(&entrance, &callers, cells.entry(service.key.namespace.clone()).or_default());
            }
        }
        Self { callers: callers.into_keys().collect(), cells, ports }
    }
}

/// Adds one port. Callers whom no rule names are let in alike, so one of them is asked for all.
fn count(entrance: &Entrance, callers: &BTreeMap<Arc<str>, BTreeSet<Arc<str>>>, column: &mut BTreeMap<Arc<str>, Count>) {
    let others = entrance.allows(&Party::Others);
    let mut add = |namespace: &Arc<str>, pairs: usize, allowance: &Allowance| {
        let count = column.entry(namespace.clone()).or_default();
        count.allowed += if *allowance == Allowance::Nothing { 0 } else { pairs };
        count.open += if *allowance == Allowance::Everything { pairs } else { 0 };
        count.pairs += pairs;
    };
    let mut named: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for party in entrance.named() {
        let Party::Account(account) = &party else { continue };
        if callers.get(&account.namespace).is_some_and(|known| known.contains(&account.name)) {
            *named.entry(account.namespace.clone()).or_default() += 1;
            add(&account.namespace, 1, &entrance.allows(&party));
        }
    }
    for (namespace, accounts) in callers {
        add(namespace, accounts.len() - named.get(namespace).copied().unwrap_or_default(), &others);
    }
}
