//! Connections that are open.

use std::cell::RefCell;
use std::rc::Rc;

use slab::Slab;

use super::Worker;
use crate::connection::Connection;

/// All of a thread.
#[derive(Default)]
pub(super) struct Registry(RefCell<Slab<Rc<Connection>>>);

/// A connection's place; it is free again when this is dropped.
pub(crate) struct Registered {
    worker: Rc<Worker>,
    key: usize,
}

impl Registry {
    pub(super) fn add(worker: Rc<Worker>, connection: &Rc<Connection>) -> Registered {
        let key = worker.connections.0.borrow_mut().insert(connection.clone());
        worker.metrics.opened(1);
        Registered { worker, key }
    }

    /// All that are open now.
    pub(super) fn all(&self) -> Vec<Rc<Connection>> {
        self.0.borrow().iter().map(|(_, connection)| connection.clone()).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.worker.metrics.opened(-1);
        drop(self.worker.connections.0.borrow_mut().try_remove(self.key));
    }
}
