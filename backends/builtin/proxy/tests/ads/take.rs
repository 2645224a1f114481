//! A [`Take`] that reads words: a cluster leads to the assignments that it names, a listener to the routes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use meshglot_proxy::ads::{Kind, Take};

/// What was taken; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words(Arc<Mutex<State>>);

#[derive(Debug, Default)]
pub(crate) struct State {
    put: BTreeMap<(Kind, String), String>,
    /// As of the last commit.
    pub(crate) force: BTreeMap<(Kind, String), String>,
    pub(crate) commits: usize,
    /// Told to be gone, in order.
    pub(crate) removed: Vec<(Kind, String)>,
}

impl Words {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `KIND NAME=WORDS`, all that is in force.
    pub(crate) fn force(&self) -> Vec<String> {
        self.state().force.iter().map(|((kind, name), words)| format!("{kind} {name}={words}")).collect()
    }
}

impl Take for Words {
    fn put(&mut self, kind: Kind, name: &str, bytes: &[u8]) -> Result<(), String> {
        let words = String::from_utf8(bytes.to_vec()).map_err(|error| format!("bytes: {error}"))?;
        if words.starts_with("bad") {
            return Err(format!("words: {words}"));
        }
        self.state().put.insert((kind, name.to_owned()), words);
        Ok(())
    }

    fn remove(&mut self, kind: Kind, name: &str) {
        let mut state = self.state();
        state.put.remove(&(kind, name.to_owned()));
        state.removed.push((kind, name.to_owned()));
    }

    fn commit(&mut self) {
        let mut state = self.state();
        state.force = state.put.clone();
        state.commits += 1;
    }

    fn wanted(&self, kind: Kind) -> BTreeSet<Arc<str>> {
        let leads = match kind {
            Kind::Assignment => Kind::Cluster,
            Kind::Route => Kind::Listener,
            Kind::Cluster | Kind::Listener => return BTreeSet::new(),
        };
        let state = self.state();
        let leading = state.put.iter().filter(|((kind, _), _)| *kind == leads);
        leading.flat_map(|(_, words)| words.split_whitespace()).map(Into::into).collect()
    }
}
