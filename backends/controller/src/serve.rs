//! A mesh of which no cluster keeps objects, such as the built-in one: what is rendered for it is handed to its control plane, on every
//! replica, and is in force once that has taken it.

use meshglot_translator::render::Backend;
use meshglot_translator::status::Applied;

use crate::Told;
use crate::core::Core;
use crate::policy::Wanted;

/// What became of the newest plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Served {
    /// There was none yet, or it is withheld.
    #[default]
    Never,
    Taken,
    Refused(String),
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
        if !is_edited && self.served != Served::Never {
            return;
        }
        let backends = self.settings.chosen.backends().iter().filter(|backend| is_served(**backend));
        // What was taken before stays.
        if backends.map(|backend| backend.name()).any(|name| self.policy.withheld.contains_key(name)) {
            return;
        }
        let now = match serve(&self.policy.plan) {
            Ok(()) => Served::Taken,
            Err(why) => Served::Refused(why),
        };
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
