//! Keeps a cluster's mesh objects as the policy of that cluster renders: it watches policy and inventory, renders, writes what differs,
//! deletes what is its own and not wanted any more, and says in each policy object how it stands.
//!
//! All state is in the API server. A controller that ends anywhere, and starts again, goes on from what it finds.

mod act;
mod admission;
mod alike;
mod answer;
mod answered;
mod backoff;
mod census;
mod connect;
mod consul;
mod core;
mod desk;
mod events;
mod follower;
mod found;
mod intake;
mod keep;
mod kinds;
mod last_good;
mod lead;
mod live;
mod log;
mod making;
mod members;
mod metrics;
mod open;
mod owner;
mod packed;
mod passage;
mod place;
mod planes;
mod policy;
mod pulse;
mod reader;
mod revisions;
mod rights;
mod roles;
mod second_look;
mod serve;
mod served;
mod signs;
mod snapshot;
mod standing;
mod statuses;
mod told;
mod trim;
mod watch;
mod write;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use kube::Client;
use meshglot_translator::diagnostic::Code;
use meshglot_translator::plan::{Chosen, Plan};
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::sync::watch::channel as latest;
use tokio::task::JoinSet;
use tokio::time::Instant;

use core::Ended;
use events::{Events, record};
use lead::Lead;
use place::Place;

pub use admission::{
    CONFIGURATION, CertificateError, Certificates, Clock, HOOK, Inject, Injected, OwnCertificate, ReviewError, Reviewers, serve_reviews,
    webhook_stands,
};
pub use alike::alike;
pub use connect::{ConnectError, connect};
pub use consul::ConsulAccess;
pub use desk::{Desk, Texts};
pub use events::REPORTER;
pub use follower::{Follower, Seen};
pub use kinds::policy_names;
pub use lead::{Election, LEASE, LEASE_DURATION};
pub use live::is_ours;
pub use metrics::{Metrics, MetricsError};
pub use policy::written as as_written;
pub use pulse::Pulse;
pub use reader::{ReadError, Reader, Resource};
pub use rights::{AUTHORITY, ROOTS, Right, rights, webhook_rights};
pub use roles::{roles, webhook_roles};
pub use signs::Signs;
pub use snapshot::Snapshot;
pub use told::Told;

/// Longer than anything runs.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// How long the end may take.
const GRACE: Duration = Duration::from_millis(800);

/// Who writes, as the API server knows it.
pub const MANAGER: &str = "meshglot";

/// Puts what a plan renders in force, all of it or nothing; why it does not, in words. On every replica; it should not wait.
pub type Serve = Arc<dyn Fn(&Plan) -> Result<(), String> + Send + Sync>;

/// What a controller does.
#[derive(Clone)]
pub struct Settings {
    /// The meshes that get policy of the cluster; they render objects of Kubernetes.
    pub chosen: Chosen,
    /// Codes of losses that are accepted.
    pub accepted: BTreeSet<Code>,
    /// How it agrees with others on the one that writes; `None`: there are no others.
    pub election: Option<Election>,
    /// Where it counts, and shows that it lives.
    pub signs: Signs,
    /// Where it is asked what it knows.
    pub desk: Desk,
    /// How a Consul server is reached, where one keeps what is rendered.
    pub consul: ConsulAccess,
    /// Takes what is rendered for a mesh of which no cluster keeps objects.
    pub serve: Option<Serve>,
    /// The certificate of its webhook, where controllers keep that themselves.
    pub webhook: Option<OwnCertificate>,
}

/// A mistake of ours has ended a controller; what it was is told where panics are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the controller has ended by a mistake of its own")]
pub struct Crashed;

/// Runs until `shutdown`, and ends within a second of it. `client` asks once: the controller has pauses of its own. `tell` hears what
/// happens; a thread of its own calls it, so that it should not wait. Where the future is dropped the controller ends, too.
///
/// # Errors
/// It has ended before.
pub async fn run(
    client: Client,
    settings: Settings,
    tell: impl Fn(Told) + Send + Sync + 'static,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Crashed> {
    let (stop, stopped) = oneshot::channel::<()>();
    let (end, mut ended) = oneshot::channel::<()>();
    let handle = Handle::current();
    let client = metrics::counted(client, settings.signs.metrics.clone());
    thread::spawn(move || {
        handle.block_on(led(client, settings, Arc::new(tell), stopped));
        // Nobody waits for it any more where the future was dropped.
        let _ = end.send(());
    });
    tokio::select! {
        () = shutdown => {}
        _ = &mut ended => return Err(Crashed),
    }
    drop(stop);
    // A rendering that takes longer is left to end by itself.
    let _ = tokio::time::timeout(GRACE, ended).await;
    Ok(())
}

/// A core, and what says whether it may write: that ends after it, so that nobody else writes before the last answer.
async fn led(client: Client, settings: Settings, tell: Arc<dyn Fn(Told) + Send + Sync>, mut stopped: oneshot::Receiver<()>) {
    let _desk = settings.desk.opened();
    let (say, lead) = latest(Lead::Standby { holder: None });
    let (stop, ended) = oneshot::channel::<()>();
    let holding = match settings.election.clone() {
        Some(election) => {
            let trouble = tell.clone();
            let trouble = move |why| trouble(Told::Trouble(why));
            Some(tokio::spawn(lead::hold(client.clone(), election, say, trouble, ended)))
        }
        None => {
            say.send_replace(Lead::Leads { until: Instant::now() + FOREVER });
            None
        }
    };
    let (events, said) = Events::new();
    let instance = settings.election.as_ref().map(|election| election.identity.clone());
    tokio::spawn(record(client.clone(), instance, said));
    // It ends before somebody else may lead.
    let mut webhook = JoinSet::new();
    if let Some(own) = settings.webhook.clone() {
        webhook.spawn(own.keep(client.clone(), lead.clone(), tell.clone(), settings.signs.metrics.clone()));
    }
    loop {
        let place = tokio::select! {
            _ = &mut stopped => break,
            place = Place::find(&client, &settings, &*tell) => place,
        };
        let core = core::Core::new(client.clone(), settings.clone(), tell.clone(), events.clone(), lead.clone(), place);
        if core.run(&mut stopped).await == Ended::Stopped {
            break;
        }
    }
    webhook.shutdown().await;
    drop(stop);
    if let Some(holding) = holding {
        // A mistake in it is told where panics are.
        let _ = holding.await;
    }
}
