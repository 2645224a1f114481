//! A mesh of which no cluster keeps objects, such as the built-in one: what is rendered for it is handed to its control plane, on every
//! replica, and is in force once that has taken it. What it refuses is offered again: the reason need not lie in the policy.

use std::time::Duration;

use meshglot_translator::render::Backend;
use meshglot_translator::status::Applied;
use tokio::time::Instant;

use crate::Told;
use crate::backoff::Backoff;
use crate::core::Core;
use crate::policy::Wanted;

/// An offer that is due and cannot be made yet does not keep the core busy.
const LEAST: Duration = Duration::from_millis(200);

/// What became of the newest plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Served {
    /// There was none yet, or it is withheld.
    #[default]
    Never,
    Taken,
    Refused(String),
}

/// When a plan that was refused is offered again.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    again: Option<Instant>,
    backoff: Backoff,
}

impl Offers {
    /// What became of one; `is_edited`: of a plan that is new.
    fn made(&mut self, served: &Served, is_edited: bool, now: Instant) {
        if is_edited || *served == Served::Taken {
            self.backoff = Backoff::default();
        }
        self.again = matches!(served, Served::Refused(_)).then(|| now + self.backoff.next());
    }

    fn is_due(&self, now: Instant) -> bool {
        self.again.is_some_and(|again| again <= now)
    }

    /// When the next one is to be made.
    pub(crate) fn next(&self, now: Instant) -> Option<Instant> {
        self.again.map(|again| again.max(now + LEAST))
    }
}

/// Whether a cluster keeps no objects of a backend.
pub(crate) fn is_served(backend: &dyn Backend) -> bool {
    backend.kinds().is_empty()
}

impl Core {
    /// Those that do not lead are asked by proxies, too: all serve what was in force where that stands in.
    pub(crate) fn serve(&mut self, is_edited: bool, leads: bool) {
        let is_passed = self.pass();
        if !leads {
            self.policy.stand_ins.keep_refused();
        }
        self.owes |= is_edited || is_passed;
        if !self.recall() {
            let owes = std::mem::take(&mut self.owes);
            self.hand_over(owes);
        }
    }

    /// Hands over what is rendered, where it may be otherwise.
    pub(crate) fn hand_over(&mut self, is_edited: bool) {
        let Some(serve) = self.settings.serve.clone() else { return };
        if !is_edited && !self.offers.is_due(Instant::now()) && self.served != Served::Never {
            return;
        }
        let backends = self.settings.chosen.backends().iter().filter(|backend| is_served(**backend));
        // What was taken before stays.
        if backends.map(|backend| backend.name()).any(|name| self.policy.withheld.contains_key(name)) {
            // Only an edit changes that.
            self.offers = Offers::default();
            return;
        }
        let now = match serve(&self.policy.plan) {
            Ok(()) => Served::Taken,
            Err(why) => Served::Refused(why),
        };
        self.offers.made(&now, is_edited, Instant::now());
        if now == self.served {
            return;
        }
        if let Served::Refused(why) = &now {
            (self.tell)(Told::Trouble(why.clone()));
        }
        self.served = now;
        self.statuses.stir();
        let all = self.policy.wanted.iter().filter(|(_, wanted)| self.serves(wanted)).map(|(id, _)| id.clone());
        self.open.touched.extend(all.collect::<Vec<_>>());
    }

    /// Whether an object goes to a control plane, and not into a cluster.
    pub(crate) fn serves(&self, wanted: &Wanted) -> bool {
        self.settings.chosen.backends().iter().any(|backend| backend.name() == wanted.backend && is_served(*backend))
    }

    /// How all that is handed over stands.
    pub(crate) fn served_as(&self) -> Applied {
        match &self.served {
            Served::Taken => Applied::InForce,
            Served::Never if self.settings.serve.is_none() => Applied::Pending("this controller is no control plane".to_owned()),
            Served::Never => Applied::Pending("the control plane has not taken it yet".to_owned()),
            Served::Refused(why) => Applied::Rejected(why.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_offered_again_ever_more_rarely_until_it_is_taken() {
        let refused = Served::Refused("no room".to_owned());
        let begin = Instant::now();
        let mut offers = Offers::default();
        assert!(offers.next(begin).is_none() && !offers.is_due(begin));
        offers.made(&refused, true, begin);
        let mut made = Vec::new();
        while let Some(next) = offers.next(begin).filter(|next| *next < begin + Duration::from_secs(600)) {
            assert!(!offers.is_due(next - Duration::from_millis(1)));
            assert!(offers.is_due(next));
            offers.made(&refused, false, next);
            made.push(next);
        }
        assert!((20..60).contains(&made.len()), "{} in ten minutes", made.len());
        // Another plan begins with short pauses.
        offers.made(&refused, true, begin);
        assert!(offers.is_due(begin + Duration::from_millis(500)));
        offers.made(&Served::Taken, false, begin);
        assert!(offers.next(begin).is_none());
    }

    #[test]
    fn an_offer_that_cannot_be_made_does_not_keep_the_core_busy() {
        let begin = Instant::now();
        let mut offers = Offers::default();
        offers.made(&Served::Refused("no room".to_owned()), true, begin);
        let late = begin + Duration::from_secs(5);
        assert!(offers.is_due(late));
        assert_eq!(offers.next(late), Some(late + LEAST));
    }
}
