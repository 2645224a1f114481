//! Gauges of what is there, counted anew from time to time while something happens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::status::Applied;
use prometheus::IntGaugeVec;

use super::{Metrics, lock};
use crate::core::Core;
use crate::lead::Lead;
use crate::owner::Owner;

/// As often as anybody reads them, or more.
const OFTEN: Duration = Duration::from_secs(1);

/// Counting takes no more than one part of so many of the time.
const SHARE: u32 = 20;

/// Reasons of the condition Ready, as we write them. A status is a text that others may write, too.
const REASONS: [&str; 5] = ["InForce", "Conflicted", "Invalid", "Refused", "NotApplied"];

/// Values of two labels, and how many there are.
type Counts = BTreeMap<(String, String), i64>;

/// When it is counted again.
#[derive(Default)]
pub(super) struct Due {
    is_stirred: bool,
    not_before: Option<Instant>,
    /// Labels that have been told: what is there no more is 0.
    told: BTreeMap<&'static str, BTreeSet<(String, String)>>,
}

impl Due {
    pub(super) fn stir(&mut self) {
        self.is_stirred = true;
    }

    fn tell(&mut self, name: &'static str, gauge: &IntGaugeVec, counts: &Counts) {
        let told = self.told.entry(name).or_default();
        told.extend(counts.keys().cloned());
        for labels in told.iter() {
            gauge.with_label_values(&[&labels.0, &labels.1]).set(counts.get(labels).copied().unwrap_or_default());
        }
    }
}

impl Core {
    /// Says that the core goes on, and counts what is there. `backlog`: what watchers have found and nobody has taken.
    pub(crate) fn observe(&self, backlog: usize) {
        let signs = &self.settings.signs;
        signs.pulse.beat(&self.kinds, self.kept.iter().map(|kept| kept.is_listed));
        let families = &signs.metrics.0.families;
        let leads = matches!(&*self.lead.borrow(), Lead::Leads { until } if *until > tokio::time::Instant::now());
        families.leader.set(i64::from(leads));
        if !leads {
            signs.metrics.stands_by();
        }
        let depths = [("found", backlog), ("writes", self.tasks.len()), ("statuses", self.statuses.waiting())];
        for (queue, depth) in depths {
            families.queue.with_label_values(&[queue]).set(depth.try_into().unwrap_or(i64::MAX));
        }
        let begun = Instant::now();
        let mut due = lock(&signs.metrics.0.due);
        if !due.is_stirred || due.not_before.is_some_and(|until| until > begun) {
            return;
        }
        due.is_stirred = false;
        self.count(&signs.metrics, &mut due);
        due.not_before = Some(begun + OFTEN.max(SHARE * begun.elapsed()));
    }

    fn count(&self, metrics: &Metrics, due: &mut Due) {
        let families = &metrics.0.families;
        let is_listed = self.kept.iter().all(|kept| kept.is_listed);
        families.reload_success.set(i64::from(is_listed && self.policy.withheld.is_empty()));
        let kinds = counts(self.policy.wanted.iter().map(|(id, wanted)| (wanted.backend, id.kind.as_str())));
        due.tell("rendered", &families.rendered, &kinds);
        let stands = |id| self.standings.get(id).map_or("pending", |one| state(&one.applied));
        let states = self.policy.wanted.iter().map(|(id, wanted)| (wanted.backend, stands(id)));
        due.tell("applied", &families.applied, &counts(states));
        let losses = self.policy.plan.losses();
        due.tell("losses", &families.losses, &counts(losses.iter().map(|loss| (loss.backend, loss.code.info().name))));
        let kinds = self.kinds.iter().zip(&self.kept);
        let mute: Vec<_> = kinds.filter(|(_, kept)| !kept.has_status).filter_map(|(kind, _)| kind.read()).collect();
        let reason = |key: &ObjectKey, owner| if mute.contains(&key.kind) { "Untold" } else { reason(owner) };
        let reasons = self.owners.0.iter().map(|(key, owner)| (key.kind.name(), reason(key, owner)));
        due.tell("policy", &families.policy, &counts(reasons));
    }
}

/// The reason of the condition Ready, as it was written last.
fn reason(owner: &Owner) -> &'static str {
    let ready = owner.ready.as_deref();
    ready.map_or("Unknown", |ready| REASONS.into_iter().find(|reason| ready == *reason).unwrap_or("Other"))
}

fn state(applied: &Applied) -> &'static str {
    match applied {
        Applied::InForce => "in_force",
        Applied::Pending(_) => "pending",
        Applied::Rejected(_) => "rejected",
        Applied::Unreachable(_) => "unreachable",
        Applied::Paused => "paused",
        Applied::Drifted(_) => "drifted",
    }
}

fn counts<'l>(labels: impl Iterator<Item = (&'l str, &'l str)>) -> Counts {
    let mut counted: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    labels.for_each(|pair| *counted.entry(pair).or_default() += 1);
    counted.into_iter().map(|((first, second), count)| ((first.to_owned(), second.to_owned()), count)).collect()
}
