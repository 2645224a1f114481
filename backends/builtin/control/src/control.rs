//! A control plane that runs: one address for discovery and joining, and whatever policy it was given last.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use meshglot_agent::{CONTROL_PLANE, Invitation};
use meshglot_ca::{JoinTokens, TrustDomain, chain_pem};
use meshglot_join::{Clock, JoinService, Reviewer, SystemClock};
use meshglot_translator::diagnostic::nearest;
use meshglot_translator::plan::Plan;
use meshglot_xds::{ByIdentity, Discovery, Identities, Proxies, World, connections};
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tonic::transport::Server;

use crate::answers;
use crate::authority::{Given, Keeper, Terms};
use crate::caller::Caller;
use crate::cluster::Cluster;
use crate::error::ControlError;
use crate::health::Presence;
use crate::published::Published;

/// How often the authority looks at the clock.
const LOOK: Duration = Duration::from_secs(30);

/// How often a silent connection is asked whether it lives, and how long it may take to answer.
const PING: Duration = Duration::from_secs(20);
const PONG: Duration = Duration::from_secs(10);

/// So many connections wait until they are accepted: all proxies of a mesh may come back at once.
const BACKLOG: u32 = 4096;

/// How often proxies are looked at for their presence.
const BEAT: Duration = Duration::from_secs(1);

/// What a control plane is told before it begins.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens; port 0: one that is free.
    pub listen: SocketAddr,
    /// Where proxies find it; absent: where it listens.
    pub advertise: Option<SocketAddr>,
    /// The trust domain of its identities.
    pub trust_domain: TrustDomain,
    /// The folder of the authority; absent: one that ends with the process.
    pub folder: Option<PathBuf>,
    /// An intermediate CA to sign with; absent: an own root.
    pub given: Option<Given>,
    /// How long what it does by the clock takes.
    pub terms: Terms,
    /// Where the authority is kept unless there is a folder or an intermediate CA, and where roots are published.
    pub cluster: Option<Cluster>,
    /// Takes tokens of another authority; absent: join tokens alone.
    pub reviewer: Option<Reviews>,
}

/// What knows tokens of another authority.
#[derive(Clone)]
pub struct Reviews(pub Arc<dyn Reviewer>);

impl std::fmt::Debug for Reviews {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reviews")
    }
}

/// Takes what the control plane has to say meanwhile, for people.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// A control plane. Its connections end when it is dropped.
pub struct Control {
    settings: Settings,
    address: SocketAddr,
    keeper: Arc<Keeper>,
    tokens: Arc<Mutex<JoinTokens>>,
    published: Arc<Published>,
    proxies: Arc<Proxies>,
    /// Until there is policy, nobody is answered: a proxy that comes back with what it has must not be sent an empty mesh.
    waiting: Mutex<Option<(TcpListener, Discovery)>>,
    tasks: Mutex<JoinSet<()>>,
    clock: Arc<dyn Clock>,
    tell: Tell,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("settings", &self.settings).field("address", &self.address).finish_non_exhaustive()
    }
}

impl Control {
    /// Takes its address and its authority. It answers from the first [`Control::publish`] on. It has to be called within a runtime.
    ///
    /// # Errors
    /// The address is taken, or the authority's folder cannot be used.
    pub async fn open(settings: Settings, tell: Tell) -> Result<Self, ControlError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let keeper = Arc::new(keeper(&settings, clock.now()).await?);
        let mut tasks = JoinSet::new();
        if let Some(cluster) = settings.cluster.clone() {
            cluster.keep(keeps(&settings), &keeper, clock.clone(), &tell, &mut tasks);
        }
        let failed = |error| ControlError::Listen { address: settings.listen, error };
        let listener = listen(settings.listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let published = Arc::new(Published::default());
        let discovery = Discovery::new(published.worlds(), Arc::new(ByIdentity::new(published.identities())));
        Ok(Self {
            settings,
            address,
            keeper,
            tokens: Arc::default(),
            published,
            proxies: discovery.proxies(),
            waiting: Mutex::new(Some((listener, discovery))),
            tasks: Mutex::new(tasks),
            clock,
            tell,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The roots that proxies have to trust, PEM.
    pub fn roots(&self) -> String {
        chain_pem(&self.keeper.signs().borrow().bundle())
    }

    /// How it calls its proxies.
    pub fn caller(&self) -> Caller {
        Caller { own: self.keeper.own(), clock: self.clock.clone() }
    }

    /// The trust domain that it signs for.
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.settings.trust_domain
    }

    /// Puts policy in place of what was in force. Gives the number of the state, which grows.
    ///
    /// # Errors
    /// Something rendered is no resource; what was in force stays.
    pub fn publish(&self, plan: &Plan) -> Result<u64, ControlError> {
        let revision = self.published.publish(plan)?;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.is_some() {
            // What may fail comes first: whoever tries again finds the address still waiting.
            let join = JoinService::new(self.keeper.signs(), self.tokens.clone(), self.clock.clone())?;
            if let Some((listener, discovery)) = waiting.take() {
                self.serve(listener, discovery, join);
            }
        }
        Ok(revision)
    }

    /// Whether there is policy, so that proxies are answered.
    pub fn is_ready(&self) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// What is in force.
    pub fn world(&self) -> Arc<World> {
        self.published.worlds().borrow().clone()
    }

    /// The workloads that have a proxy, each with its SPIFFE ID.
    pub fn identities(&self) -> Arc<Identities> {
        self.published.identities().borrow().clone()
    }

    /// The address of each Workload that has a proxy.
    pub fn workloads(&self) -> BTreeMap<String, IpAddr> {
        self.published.workloads()
    }

    /// How far each proxy is, with workloads that have none.
    pub fn status(&self) -> meshglot_observed::Proxies {
        answers::proxies(self.world().revision(), self.proxies.all(), &self.identities(), SystemTime::now())
    }

    /// Who is connected.
    pub fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// What one more proxy of a workload joins with, within ten minutes.
    ///
    /// # Errors
    /// There is no such workload, or too many tokens are out.
    pub fn invite(&self, workload: &str) -> Result<Invitation, ControlError> {
        let identities = self.identities();
        let Some(identity) = identities.get(workload) else {
            let near = nearest(workload, identities.keys().map(|name| &**name));
            let hint = near.map(|name| format!(": did you mean `{name}`?")).unwrap_or_default();
            return Err(ControlError::Unknown { workload: workload.to_owned(), hint });
        };
        let id = identity.parse().map_err(ControlError::Identity)?;
        let token = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).issue(&id, self.clock.now())?;
        Ok(Invitation {
            workload: workload.to_owned(),
            identity: identity.clone(),
            control_plane: self.settings.advertise.unwrap_or(self.address),
            roots: self.roots(),
            token: Some(token),
        })
    }

    fn serve(&self, listener: TcpListener, discovery: Discovery, join: JoinService) {
        let identities = self.published.identities();
        // A workload that is gone is not somebody any more, and nobody else is ever the control plane.
        let join = join.admitting(Arc::new(move |id| {
            let id = id.to_string();
            !id.ends_with(&format!("/{CONTROL_PLANE}")) && identities.borrow().values().any(|one| *one == id)
        }));
        let join = match &self.settings.reviewer {
            Some(Reviews(reviewer)) => join.reviewed_by(reviewer.clone()),
            None => join,
        };
        let incoming = connections(listener, self.keeper.configs());
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // A proxy that is gone without a word is not listed for ever.
        let mut server = Server::builder().http2_keepalive_interval(Some(PING)).http2_keepalive_timeout(Some(PONG));
        tasks.spawn(async move {
            // It ends with the control plane alone.
            let _ = server.add_service(discovery.service()).add_service(join).serve_with_incoming(incoming).await;
        });
        let (published, proxies, notes) = (self.published.clone(), self.proxies.clone(), self.tell.clone());
        tasks.spawn(async move {
            let mut presence = Presence::default();
            loop {
                tokio::time::sleep(BEAT).await;
                let connected = proxies.all().into_iter().map(|status| status.node.workload).collect();
                let away = presence.look(Instant::now(), &published.workloads(), &connected);
                match published.mark(away) {
                    Ok(Some(told)) => notes(&told),
                    Ok(None) => {}
                    Err(error) => notes(&error.to_string()),
                }
            }
        });
        let (keeper, clock, tell) = (self.keeper.clone(), self.clock.clone(), self.tell.clone());
        tasks.spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                match keeper.look(clock.now()) {
                    Ok(None) => {}
                    Ok(Some(done)) => tell(done),
                    // It is tried again; meanwhile what is in force stays.
                    Err(error) => tell(&format!("the authority: {error}")),
                }
            }
        });
    }
}

/// Whether the authority is the cluster's.
fn keeps(settings: &Settings) -> bool {
    settings.cluster.is_some() && settings.folder.is_none() && settings.given.is_none()
}

async fn keeper(settings: &Settings, now: OffsetDateTime) -> Result<Keeper, ControlError> {
    match &settings.cluster {
        Some(cluster) if keeps(settings) => {
            let authority = cluster.begin(&settings.trust_domain, settings.terms.lifetime, now).await?;
            Keeper::kept(authority, settings.terms.overlap, now)
        }
        _ => Keeper::open(settings.folder.as_deref(), &settings.trust_domain, settings.given.as_ref(), settings.terms, now),
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Connections of a process before this one may not have ended yet.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
