//! Where the policy that is shown comes from.

use std::sync::Arc;

use tokio::sync::watch;

use crate::live::Live;
use crate::snapshot::Snapshot;

/// The policy that is shown, as the process knows it: files or a cluster that are followed.
pub trait Source: Send + Sync + 'static {
    /// The newest state that could be read.
    fn snapshot(&self) -> Arc<Snapshot>;

    /// The newest state that somebody has asked for: nothing is worked out for whoever is not let in.
    fn shown(&self) -> Arc<Snapshot> {
        self.snapshot()
    }

    /// Why something newer could not be read; `None`: the snapshot is what there is.
    fn staleness(&self) -> Option<Staleness> {
        None
    }

    /// Kinds that whoever looks may not see, as kubectl calls them: what they say is missing.
    fn hidden(&self) -> Vec<String> {
        Vec::new()
    }

    /// The mesh that runs by this policy; `None`: none does, as far as the process knows.
    fn live(&self) -> Option<Arc<dyn Live>> {
        None
    }

    /// Tells each new state by its number, so that open pages can follow; `None`: there will be no other.
    fn changes(&self) -> Option<watch::Receiver<u64>> {
        None
    }
}

/// A newer state is there and could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staleness {
    /// What went wrong, in one line.
    pub why: String,
}

/// A state that never changes.
pub struct Fixed(Arc<Snapshot>);

impl Fixed {
    /// Of one snapshot.
    pub fn new(snapshot: Snapshot) -> Self {
        Self(Arc::new(snapshot))
    }
}

impl Source for Fixed {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.0.clone()
    }
}

impl<S: Source + ?Sized> Source for Arc<S> {
    fn snapshot(&self) -> Arc<Snapshot> {
        (**self).snapshot()
    }

    fn shown(&self) -> Arc<Snapshot> {
        (**self).shown()
    }

    fn staleness(&self) -> Option<Staleness> {
        (**self).staleness()
    }

    fn hidden(&self) -> Vec<String> {
        (**self).hidden()
    }

    fn live(&self) -> Option<Arc<dyn Live>> {
        (**self).live()
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        (**self).changes()
    }
}
