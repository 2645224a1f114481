//! The thread itself.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Worker;
use super::change::Change;
use super::listening::Listening;
use crate::connection::Phase;
use crate::io::Seconds;
use crate::observe::{LogSink, Metrics, Tap};

/// How often it is looked whether the last connection has ended.
const LOOK: Duration = Duration::from_millis(10);

/// Who has just come gets so long to ask for something.
const FIRST: Duration = Duration::from_millis(250);

/// What a thread is told.
pub(crate) enum Command {
    /// This is in force from now on; who waits is told when it is.
    Apply(Vec<Change>, Sender<()>),
    /// No more connections, and those that are there may go on for so long.
    Drain(Duration),
}

/// A thread that serves, until it has drained or nobody commands it any more.
pub(crate) struct Thread {
    sender: UnboundedSender<Command>,
    handle: JoinHandle<io::Result<()>>,
}

impl Thread {
    pub(crate) fn start(number: usize, told: (LogSink, Metrics, Tap), began: (Instant, OffsetDateTime)) -> io::Result<Self> {
        let (sender, receiver) = unbounded_channel();
        let handle = std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
            runtime.block_on(serve(receiver, told, began));
            Ok(())
        })?;
        Ok(Self { sender, handle })
    }

    pub(crate) fn tell(&self, command: Command) {
        // One that is gone has nothing to do any more.
        let _ = self.sender.send(command);
    }

    /// Waits until it has ended.
    pub(crate) fn finish(self) -> io::Result<()> {
        drop(self.sender);
        self.handle.join().unwrap_or_else(|_| Err(io::Error::other("a thread that serves has panicked")))
    }
}

async fn serve(mut receiver: UnboundedReceiver<Command>, told: (LogSink, Metrics, Tap), began: (Instant, OffsetDateTime)) {
    let worker = Worker::new(told, Arc::new(Seconds::default()), began);
    let house = tokio::task::spawn_local(worker.clone().keep_house());
    while let Some(command) = receiver.recv().await {
        match command {
            Command::Apply(changes, done) => {
                worker.apply(changes);
                // Who has not waited does not mind.
                let _ = done.send(());
            }
            Command::Drain(length) => {
                drain(&worker, length).await;
                break;
            }
        }
    }
    house.abort();
    worker.log.flush();
}

async fn drain(worker: &Worker, length: Duration) {
    let until = Instant::now() + length;
    worker.listeners.borrow().values().for_each(Listening::close);
    tokio::time::sleep(LOOK).await;
    loop {
        let is_over = Instant::now() + length >= until + FIRST;
        let ready = worker.connections.all().into_iter().filter(|connection| is_over || connection.activity.has_begun());
        ready.for_each(|connection| connection.end(Phase::Draining));
        // One in its handshake is not among the connections yet, one that is a WebSocket no longer among the accepted.
        if (worker.connections.is_empty() && worker.accepted.get() == 0) || Instant::now() >= until {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    worker.connections.all().iter().for_each(|connection| connection.end(Phase::Closed));
    // Each tells its line as it ends.
    tokio::time::sleep(LOOK).await;
}
