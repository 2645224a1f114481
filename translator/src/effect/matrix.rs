//! Who may call what: every caller that is known, by every port of every Service.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::allowance::Allowance;
use super::entrance::{Entrance, Entrances};
use super::party::Party;
use super::{AccessChange, Effect};
use crate::ir::{AccountKey, ServiceKey};

/// Callers by ports.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The rows: accounts by namespace and name, SPIFFE IDs, anybody else, and who has no proxy.
    pub callers: Vec<Party>,
    /// The columns, by namespace, name and number.
    pub ports: Vec<Column>,
    /// Row by row.
    pub cells: Vec<Vec<Cell>>,
}

/// One port of a Service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    /// The Service.
    pub service: ServiceKey,
    /// Its port.
    pub port: u16,
}

/// What one caller may do at one port.
#[derive(Clone, Debug)]
pub struct Cell {
    /// By the policy.
    pub allowance: Allowance,
    /// By the policy that it is compared with.
    pub before: Option<Allowance>,
    /// Whether something of it is otherwise than before, by the policy or on a mesh.
    pub changed: bool,
    /// What meshes do otherwise than the policy says, by their names.
    pub meshes: BTreeMap<&'static str, Vec<AccessChange>>,
}

/// One port on both sides.
struct Known {
    now: Option<Entrance>,
    before: Option<Entrance>,
}

impl Matrix {
    /// The policy of a model, beside that of `base` if there is one; Services of the namespaces that are `wanted`. A row
    /// for everybody who is known, and of whom one of `effects` tells.
    pub fn of(now: &Entrances<'_>, base: Option<&Entrances<'_>>, effects: &[&Effect], wanted: impl Fn(&Arc<str>) -> bool) -> Self {
        let mut known: BTreeMap<Column, Known> = BTreeMap::new();
        for (at, entrances) in [Some(now), base].into_iter().enumerate().filter_map(|(at, side)| Some((at, side?))) {
            for service in entrances.inventory().services().iter().filter(|service| wanted(&service.key.namespace)) {
                for entrance in entrances.ports(service) {
                    let column = Column { service: entrance.service().clone(), port: entrance.port().number };
                    let slot = known.entry(column).or_insert(Known { now: None, before: None });
                    *(if at == 0 { &mut slot.now } else { &mut slot.before }) = Some(entrance);
                }
            }
        }
        let mut callers = callers(now, base, &known);
        callers.extend(effects.iter().flat_map(|effect| &effect.access).map(|change| change.party.clone()));
        let callers: Vec<Party> = callers.into_iter().collect();
        let allows = |entrance: &Option<Entrance>, party: &Party| entrance.as_ref().map_or(Allowance::Nothing, |one| one.allows(party));
        let cell = |party: &Party, known: &Known| Cell {
            allowance: allows(&known.now, party),
            before: base.map(|_| allows(&known.before, party)),
            changed: false,
            meshes: BTreeMap::new(),
        };
        let cells = callers.iter().map(|party| known.values().map(|known| cell(party, known)).collect()).collect();
        Self { callers, ports: known.into_keys().collect(), cells }
    }

    /// Notes what a mesh does otherwise than the policy, `effect` from the policy to it.
    pub fn beside(&mut self, mesh: &'static str, effect: &Effect) {
        self.each(effect, |cell, change| cell.meshes.entry(mesh).or_default().push(change.clone()));
    }

    /// Notes what is otherwise than before.
    pub fn changed_by(&mut self, effect: &Effect) {
        self.each(effect, |cell, _| cell.changed = true);
    }

    /// Keeps the rows and columns in which something changed.
    pub fn keep_changed(&mut self) {
        let rows: Vec<bool> = self.cells.iter().map(|row| row.iter().any(|cell| cell.changed)).collect();
        let columns: Vec<bool> = (0..self.ports.len()).map(|at| self.cells.iter().any(|row| row[at].changed)).collect();
        retain(&mut self.callers, &rows);
        retain(&mut self.cells, &rows);
        retain(&mut self.ports, &columns);
        self.cells.iter_mut().for_each(|row| retain(row, &columns));
    }

    /// Puts the callers with such a row first; otherwise their order stays.
    pub fn put_first(&mut self, wanted: impl Fn(&[Cell]) -> bool) {
        let rows = std::mem::take(&mut self.callers).into_iter().zip(std::mem::take(&mut self.cells));
        let (first, rest): (Vec<_>, Vec<_>) = rows.partition(|(_, row)| wanted(row));
        (self.callers, self.cells) = first.into_iter().chain(rest).unzip();
    }

    /// Leaves out accounts that are let in like anyone else where there are more than `most` callers, and tells how many.
    pub fn fold(&mut self, most: usize) -> usize {
        let Some(others) = self.callers.iter().position(|party| *party == Party::Others).filter(|_| self.callers.len() > most) else {
            return 0;
        };
        let alike = |one: &Cell, other: &Cell| {
            let same = |(a, b): (&AccessChange, &AccessChange)| (a.gained, &a.requests, a.entire) == (b.gained, &b.requests, b.entire);
            let meshes = one.meshes.keys().eq(other.meshes.keys());
            meshes && one.meshes.values().flatten().zip(other.meshes.values().flatten()).all(same) && one.allowance == other.allowance
        };
        let is_other =
            |row: &Vec<Cell>| row.iter().zip(&self.cells[others]).all(|(cell, other)| alike(cell, other) && cell.before == other.before);
        let kept: Vec<bool> =
            self.callers.iter().zip(&self.cells).map(|(party, row)| !matches!(party, Party::Account(_)) || !is_other(row)).collect();
        retain(&mut self.callers, &kept);
        retain(&mut self.cells, &kept);
        kept.iter().filter(|kept| !**kept).count()
    }

    /// Every change, in the cell of everybody whom it is about.
    fn each(&mut self, effect: &Effect, mut note: impl FnMut(&mut Cell, &AccessChange)) {
        let mut by_port: BTreeMap<Column, Vec<&AccessChange>> = BTreeMap::new();
        for change in &effect.access {
            by_port.entry(Column { service: change.service.clone(), port: change.port }).or_default().push(change);
        }
        for (at, column) in self.ports.iter().enumerate() {
            let Some(changes) = by_port.get(column) else { continue };
            let named = effect.named.get(&(column.service.clone(), column.port));
            for (party, row) in self.callers.iter().zip(&mut self.cells) {
                let is_other = !matches!(party, Party::NoProxy) && named.is_none_or(|named| !named.contains(party));
                for change in changes {
                    let by_the_rest = change.party == Party::Others && is_other && !change.except.contains(party);
                    if change.party == *party || by_the_rest {
                        note(&mut row[at], change);
                    }
                }
            }
        }
    }
}

fn retain<T>(of: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    of.retain(|_| kept.next().copied().unwrap_or_default());
}

/// Accounts that something runs as, whoever rules name, and the rest.
fn callers(now: &Entrances<'_>, base: Option<&Entrances<'_>>, known: &BTreeMap<Column, Known>) -> BTreeSet<Party> {
    let sides = || [Some(now), base].into_iter().flatten();
    let workloads = sides().flat_map(|side| side.inventory().workloads());
    let running =
        workloads.map(|workload| AccountKey { namespace: workload.key.namespace.clone(), name: workload.service_account.clone() });
    let entrances = || known.values().flat_map(|known| [&known.now, &known.before]).flatten();
    let mut callers: BTreeSet<Party> = running.map(Party::Account).chain(entrances().flat_map(Entrance::named)).collect();
    // Where nothing is closed all callers are alike.
    if entrances().any(Entrance::is_closed) {
        callers.insert(Party::Others);
    }
    callers.insert(Party::NoProxy);
    callers
}
