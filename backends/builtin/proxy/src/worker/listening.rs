//! The sockets of one listener on one thread.

use std::cell::RefCell;
use std::net::TcpListener as StdListener;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::Worker;
use crate::connection::accept;
use crate::routing::ServedListener;

/// A pause where no more files can be open: others close some.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until it is dropped.
pub(super) struct Listening {
    served: Rc<RefCell<Arc<ServedListener>>>,
    closing: Rc<Notify>,
    tasks: Vec<JoinHandle<()>>,
}

impl Listening {
    pub(super) fn start(worker: &Rc<Worker>, served: Arc<ServedListener>, sockets: &[StdListener]) -> Self {
        let served = Rc::new(RefCell::new(served));
        let closing = Rc::new(Notify::new());
        let sockets = sockets.iter().filter_map(|socket| TcpListener::from_std(socket.try_clone().ok()?).ok());
        let tasks = sockets.map(|socket| tokio::task::spawn_local(take(worker.clone(), served.clone(), closing.clone(), socket))).collect();
        Self { served, closing, tasks }
    }

    /// What it is now.
    pub(super) fn served(&self) -> Arc<ServedListener> {
        self.served.borrow().clone()
    }

    /// Takes those that wait already, and no others.
    pub(super) fn close(&self) {
        self.closing.notify_waiters();
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

async fn take(worker: Rc<Worker>, served: Rc<RefCell<Arc<ServedListener>>>, closing: Rc<Notify>, socket: TcpListener) {
    let begin = |(stream, remote)| {
        let (served, coming) = (served.borrow().clone(), worker.coming());
        let accepted = accept(worker.clone(), served, stream, remote);
        drop(tokio::task::spawn_local(async move {
            accepted.await;
            drop(coming);
        }));
    };
    let mut closes = pin!(closing.notified());
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = &mut closes => break,
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
