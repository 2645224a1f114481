//! What stands between clients and an API server, and makes trouble: slow answers, refusals, errors for a share of the requests, and
//! connections that are cut in the middle of an answer. It also counts what it is asked.

mod counts;
mod fault;
mod forward;
mod tls;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::access::Access;
use crate::error::StartError;
use crate::server::ApiServer;

pub use counts::{Counts, Verb};
pub use fault::Fault;

use counts::Asked;
use fault::Turn;
use forward::Way;

/// A server of TLS at an address of its own, with the API server's certificate: the same users, the same authority. It ends when this
/// is dropped, with all connections. Where the API server does not answer, it closes the connection without an answer, too. It knows
/// HTTP/1.1, and no upgrades (`exec`, `port-forward`).
#[derive(Debug)]
pub struct Gate {
    access: Access,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

/// What all connections know.
#[derive(Debug)]
struct State {
    trouble: Mutex<Trouble>,
    counts: Mutex<Counts>,
    /// Grows with every cut.
    cuts: watch::Sender<u64>,
    /// What is held back of watches.
    held: watch::Sender<Option<&'static str>>,
}

#[derive(Debug, Default)]
struct Trouble {
    fault: Option<Fault>,
    /// Requests since the fault began.
    since: u64,
}

impl Gate {
    /// Stands in front of a server, and lets everything pass at first. It lives as long as this async runtime.
    ///
    /// # Errors
    /// There is no port, or the server's certificates cannot be read.
    pub async fn before(server: &ApiServer) -> Result<Self, StartError> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let access = Access::new(listener.local_addr()?, server.certificates().authority());
        let way = Arc::new(Way::to(server.address(), &server.certificates().authority())?);
        let acceptor = tls::acceptor(&server.certificates().serving())?;
        let state = Arc::new(State {
            trouble: Mutex::default(),
            counts: Mutex::default(),
            cuts: watch::Sender::new(0),
            held: watch::Sender::new(None),
        });
        let accepting = tokio::spawn(forward::accept(listener, acceptor, way, state.clone()));
        Ok(Self { access, state, accepting })
    }

    /// Where it is.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Makes this trouble, and no other, from the next request on.
    pub fn make(&self, fault: Fault) {
        *self.state.trouble() = Trouble { fault: Some(fault), since: 0 };
    }

    /// Lets everything pass again.
    pub fn heal(&self) {
        *self.state.trouble() = Trouble::default();
    }

    /// Cuts all connections that are open, in the middle of whatever they carry.
    pub fn cut(&self) {
        self.state.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Holds back what watches of a kind tell, by its plural, until [`Gate::release`]: nobody hears of it, and no connection is cut.
    pub fn hold(&self, plural: &'static str) {
        self.state.held.send_replace(Some(plural));
    }

    /// Lets it pass, all of it.
    pub fn release(&self) {
        self.state.held.send_replace(None);
    }

    /// What was asked since the beginning or the last [`Gate::forget`], also of what was not let through.
    pub fn counts(&self) -> Counts {
        self.state.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins to count anew.
    pub fn forget(&self) {
        *self.state.counts.lock().unwrap_or_else(PoisonError::into_inner) = Counts::default();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

impl State {
    fn trouble(&self) -> std::sync::MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether connections are closed as they come.
    fn refuses(&self) -> bool {
        matches!(self.trouble().fault, Some(Fault::Refuse))
    }

    /// Counts a request; what is to become of it.
    fn asked(&self, asked: Asked) -> Turn {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).add(asked);
        let mut trouble = self.trouble();
        trouble.since += 1;
        trouble.fault.map_or(Turn::Pass, |fault| fault.turn(trouble.since))
    }
}
