//! The sockets of one listener on one thread.

use std::cell::RefCell;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Worker;
use crate::connection::accept;
use crate::routing::ServedListener;

/// A pause where no more files can be open: others close some.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until it is dropped.
pub(super) struct Listening {
    served: Rc<RefCell<Arc<ServedListener>>>,
    closing: watch::Sender<bool>,
    tasks: Vec<Accepting>,
}

/// Accepts at one address until it is dropped.
struct Accepting {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Accepting {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listening {
    pub(super) fn start(worker: &Rc<Worker>, served: Arc<ServedListener>, sockets: &[(SocketAddr, Arc<StdListener>)]) -> Self {
        let nowhere = Self { served: Rc::new(RefCell::new(served.clone())), closing: watch::Sender::new(false), tasks: Vec::new() };
        nowhere.again(worker, served, sockets)
    }

    /// The same at the addresses that are its own now. It goes on accepting at those that it had.
    pub(super) fn again(mut self, worker: &Rc<Worker>, served: Arc<ServedListener>, sockets: &[(SocketAddr, Arc<StdListener>)]) -> Self {
        *self.served.borrow_mut() = served;
        self.tasks.retain(|accepting| sockets.iter().any(|(address, _)| *address == accepting.address));
        for (address, socket) in sockets {
            if self.tasks.iter().any(|accepting| accepting.address == *address) {
                continue;
            }
            let task = tokio::task::spawn_local(take(worker.clone(), self.served.clone(), self.closing.subscribe(), socket.clone()));
            self.tasks.push(Accepting { address: *address, task });
        }
        self
    }

    /// What it is now.
    pub(super) fn served(&self) -> Arc<ServedListener> {
        self.served.borrow().clone()
    }

    /// Takes those that wait already, and no others.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }
}

async fn take(worker: Rc<Worker>, served: Rc<RefCell<Arc<ServedListener>>>, mut closing: watch::Receiver<bool>, socket: Arc<StdListener>) {
    // The socket itself stays with who may give it to the next listener.
    let socket = loop {
        match socket.try_clone().and_then(TcpListener::from_std) {
            Ok(socket) => break socket,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    };
    let begin = |(stream, remote)| {
        let (served, coming) = (served.borrow().clone(), worker.coming());
        let accepted = accept(worker.clone(), served, stream, remote);
        drop(tokio::task::spawn_local(async move {
            accepted.await;
            drop(coming);
        }));
    };
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = closing.wait_for(|is_closing| *is_closing) => break,
        };
        match accepted {
            Ok(came) => begin(came),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    // Who waits in the kernel has been told that there is somebody.
    while let Some(Ok(came)) = socket.accept().now_or_never() {
        begin(came);
    }
}
