//! A second look at the pods before a backend lets go of a Mesh. What a watch tells comes later than it happens, and of two watches one may
//! be ahead: a pod that was there before the Mesh was edited may be heard of after that. A list without a version misses none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::ir::{Kind, ObjectKey};
use tokio::time::Instant;

use crate::Told;
use crate::answer::Answer;
use crate::answered::words;
use crate::backoff::Pauses;
use crate::core::Core;
use crate::write::Task;

/// A Mesh, by its name, and the backend that it leaves.
pub(crate) type Way = (Arc<str>, &'static str);

/// Looks that are under way, and what they have confirmed.
#[derive(Default)]
pub(crate) struct Looks {
    /// Each with its number: one that was overtaken confirms nothing.
    under_way: BTreeMap<Way, u64>,
    confirmed: BTreeSet<Way>,
    begun: u64,
    pauses: Pauses,
}

impl Looks {
    /// What is not among these has changed since it was looked at.
    pub(crate) fn keep(&mut self, clear: &BTreeSet<Way>) {
        self.under_way.retain(|way, _| clear.contains(way));
        self.confirmed.retain(|way| clear.contains(way));
    }

    pub(crate) fn is_confirmed(&self, way: &Way) -> bool {
        self.confirmed.contains(way)
    }

    /// When one that has failed is tried again.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.pauses.next()
    }
}

fn key(way: &Way) -> ObjectKey {
    ObjectKey { kind: Kind::Mesh, namespace: "".into(), name: way.0.clone() }
}

impl Core {
    /// Lists the pods, unless that is under way.
    pub(crate) fn look_once_more(&mut self, way: Way) {
        if self.looks.under_way.contains_key(&way) || self.looks.pauses.waits(&key(&way)) {
            return;
        }
        let Some(reader) = self.reader_of_pods() else { return };
        self.looks.begun += 1;
        let number = self.looks.begun;
        self.looks.under_way.insert(way.clone(), number);
        let backends = self.settings.chosen.backends().to_vec();
        self.tasks.spawn(async move { (Task::Look { way, number }, reader.pods_of(&backends).await) });
    }

    /// Takes what was found: pods that nobody has heard of count, too.
    pub(crate) fn looked(&mut self, way: Way, number: u64, answer: Answer) {
        let is_newest = self.looks.under_way.get(&way) == Some(&number);
        if is_newest {
            self.looks.under_way.remove(&way);
        }
        match answer {
            Answer::Live(pods) => {
                for pod in pods.as_array().into_iter().flatten() {
                    self.members.put(pod, self.settings.chosen.backends());
                }
                self.looks.pauses.end(&key(&way));
                if is_newest {
                    self.looks.confirmed.insert(way);
                }
            }
            Answer::Found(_) | Answer::Gone => {}
            Answer::Failed(why) => {
                self.looks.pauses.fail(&key(&way));
                (self.tell)(Told::Trouble(format!("cannot list the pods before {} lets go of Mesh/{}: {}", way.1, way.0, words(&why))));
            }
        }
    }
}
