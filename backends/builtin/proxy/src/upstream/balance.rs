//! Which endpoint is next.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::hashing::Table;
use super::host::Host;
use crate::table::LoadBalancing;

/// Calls leave a priority when fewer than 100 of 140 of it are well.
const OVERPROVISIONING: u64 = 140;

/// Endpoints in the order in which calls are spread.
#[derive(Debug)]
pub(super) struct Balancer {
    kind: LoadBalancing,
    /// By priority, the nearest first.
    priorities: Vec<Priority>,
}

/// Endpoints of one priority.
#[derive(Debug)]
struct Priority {
    hosts: Vec<Rc<Host>>,
    /// Whether all endpoints weigh the same.
    is_even: bool,
    next: Cell<usize>,
    table: Option<Table>,
}

impl Balancer {
    /// `localities`: priority, endpoints.
    pub(super) fn new(kind: LoadBalancing, localities: Vec<(u32, Vec<Rc<Host>>)>) -> Self {
        let mut by_priority: BTreeMap<u32, Vec<Rc<Host>>> = BTreeMap::new();
        for (priority, hosts) in localities {
            by_priority.entry(priority).or_default().extend(hosts);
        }
        Self { kind, priorities: by_priority.into_values().map(|hosts| Priority::new(kind, hosts)).collect() }
    }

    /// An endpoint that can be called. `hash`: what decides where a hash does; `avoid`: those that were tried, and how often another one is
    /// looked for.
    pub(super) fn pick(&self, now: Duration, hash: Option<u64>, avoid: (&[Rc<Host>], u32)) -> Option<Rc<Host>> {
        let priority = self.priority(now)?;
        let (tried, tries) = avoid;
        let mut found = None;
        for attempt in 0..=tries {
            let host = priority.pick(self.kind, now, hash, attempt)?;
            let is_new = !tried.iter().any(|tried| Rc::ptr_eq(tried, &host));
            if is_new {
                return Some(host);
            }
            found = Some(host);
        }
        // By chance it was one of them each time. Whoever asks for another one gets it where there is one.
        let is_other = |host: &&Rc<Host>| host.is_well(now) && !tried.iter().any(|tried| Rc::ptr_eq(tried, host));
        priority.hosts.iter().find(is_other).filter(|_| tries > 0).cloned().or(found)
    }

    /// How many endpoints there are, and how many of them are left out now.
    pub(super) fn left_out(&self, now: Duration) -> (usize, usize) {
        let hosts = || self.priorities.iter().flat_map(|priority| &priority.hosts);
        (hosts().count(), hosts().filter(|host| host.is_ejected(now)).count())
    }

    fn priority(&self, now: Duration) -> Option<&Priority> {
        if let [only] = self.priorities.as_slice() {
            return Some(only);
        }
        // Of a hundred calls each priority takes as many as it is well for, times what it can take more than usual.
        let mut left = 100;
        let mut loads = Vec::with_capacity(self.priorities.len());
        for priority in &self.priorities {
            let well = priority.well(now).count() as u64;
            let load = (well * OVERPROVISIONING).checked_div(priority.hosts.len() as u64).unwrap_or(0).min(100).min(left);
            left -= load;
            loads.push(load);
        }
        let total: u64 = loads.iter().sum();
        if total == 0 {
            return None;
        }
        let mut drawn = fastrand::u64(0..total);
        for (priority, load) in self.priorities.iter().zip(loads) {
            if drawn < load {
                return Some(priority);
            }
            drawn -= load;
        }
        None
    }
}

impl Priority {
    fn new(kind: LoadBalancing, hosts: Vec<Rc<Host>>) -> Self {
        let named = || hosts.iter().map(|host| (host.address.to_string(), host.weight)).collect::<Vec<_>>();
        let table = match kind {
            LoadBalancing::RingHash { minimum, maximum } => Some(Table::ring(&named(), minimum, maximum)),
            LoadBalancing::Maglev { size } => Some(Table::maglev(&named(), size)),
            LoadBalancing::RoundRobin | LoadBalancing::LeastRequest | LoadBalancing::Random => None,
        };
        let is_even = hosts.windows(2).all(|pair| pair[0].weight == pair[1].weight);
        // Threads, and proxies that begin together, do not all begin at the same endpoint.
        let next = Cell::new(fastrand::usize(..));
        Self { hosts, is_even, next, table }
    }

    fn well(&self, now: Duration) -> impl Iterator<Item = &Rc<Host>> {
        self.hosts.iter().filter(move |host| host.is_well(now))
    }

    fn pick(&self, kind: LoadBalancing, now: Duration, hash: Option<u64>, attempt: u32) -> Option<Rc<Host>> {
        if let ([only], None) = (self.hosts.as_slice(), &self.table) {
            return only.is_well(now).then(|| only.clone());
        }
        if let Some(table) = &self.table {
            let hash = hash.unwrap_or_else(|| fastrand::u64(..));
            // Those that are not well are passed over, as if they had no place.
            let tries = u32::try_from(self.hosts.len() * 8).unwrap_or(u32::MAX);
            let mut places = (attempt..attempt.saturating_add(tries)).filter_map(|attempt| table.at(hash, attempt));
            let found = places.find(|place| self.hosts[*place].is_well(now));
            return found.map(|place| self.hosts[place].clone()).or_else(|| self.draw(now));
        }
        match kind {
            LoadBalancing::LeastRequest => {
                let (one, other) = (self.draw(now)?, self.draw(now)?);
                let load = |host: &Host| f64::from(host.active.get() + 1) / f64::from(host.weight.max(1));
                Some(if load(&one) <= load(&other) { one } else { other })
            }
            LoadBalancing::RoundRobin if self.is_even => {
                let count = self.hosts.len();
                (0..count).find_map(|_| {
                    let at = self.next.get();
                    self.next.set(at.wrapping_add(1));
                    let host = &self.hosts[at % count];
                    host.is_well(now).then(|| host.clone())
                })
            }
            _ => self.draw(now),
        }
    }

    /// One by chance, by weight.
    fn draw(&self, now: Duration) -> Option<Rc<Host>> {
        if self.hosts.is_empty() {
            return None;
        }
        if self.is_even {
            // As a rule all are well.
            let host = &self.hosts[fastrand::usize(..self.hosts.len())];
            if host.is_well(now) {
                return Some(host.clone());
            }
        }
        let total: u64 = self.well(now).map(|host| u64::from(host.weight.max(1))).sum();
        let mut drawn = if total == 0 { return None } else { fastrand::u64(0..total) };
        let found = self.well(now).find(|host| {
            let weight = u64::from(host.weight.max(1));
            let is_here = drawn < weight;
            drawn = drawn.saturating_sub(weight);
            is_here
        });
        found.cloned()
    }
}
