//! The sockets of one listener on one thread.

use std::cell::RefCell;
use std::net::TcpListener as StdListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Worker;
use crate::connection::accept;
use crate::routing::ServedListener;

/// A pause where no more files can be open: others close some.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until it is dropped.
pub(super) struct Listening {
    served: Rc<RefCell<Arc<ServedListener>>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Listening {
    pub(super) fn start(worker: &Rc<Worker>, served: Arc<ServedListener>, sockets: &[StdListener]) -> Self {
        let served = Rc::new(RefCell::new(served));
        let sockets = sockets.iter().filter_map(|socket| TcpListener::from_std(socket.try_clone().ok()?).ok());
        let tasks = sockets.map(|socket| tokio::task::spawn_local(take(worker.clone(), served.clone(), socket))).collect();
        Self { served, tasks }
    }

    /// What it is now.
    pub(super) fn served(&self) -> Arc<ServedListener> {
        self.served.borrow().clone()
    }

    pub(super) fn set(&mut self, served: Arc<ServedListener>) {
        *self.served.borrow_mut() = served;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn take(worker: Rc<Worker>, served: Rc<RefCell<Arc<ServedListener>>>, socket: TcpListener) {
    loop {
        match socket.accept().await {
            Ok((stream, remote)) => {
                let served = served.borrow().clone();
                drop(tokio::task::spawn_local(accept(worker.clone(), served, stream, remote)));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
