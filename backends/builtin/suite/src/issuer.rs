//! The certificate authority of the mesh, and the door at which proxies get their certificates.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use meshglot_agent::CONTROL_PLANE;
use meshglot_ca::{Authority, Certificate, JoinTokens, KeyPair, RotationError, SpiffeId, chain_pem};
use meshglot_join::{Clock, Holder, JoinService, Joiner, Own, Settings, SystemClock, connect};
use meshglot_xds::{connections, server_config};
use rustls::ServerConfig;
use time::{Duration, OffsetDateTime};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::transport::Server;

use crate::clock::SkewedClock;
use crate::credentials::Credentials;

/// The trust domain of a Mesh that names none.
pub(crate) const TRUST_DOMAIN: &str = "cluster.local";

/// How often holders look at their clock, which tests set.
const LOOK: std::time::Duration = std::time::Duration::from_millis(50);

/// Signs for whoever comes with a token of its own.
pub(crate) struct Issuer {
    authority: watch::Sender<Arc<Authority>>,
    tokens: Arc<Mutex<JoinTokens>>,
    /// What the control plane is, on all its listeners.
    configs: watch::Sender<Arc<ServerConfig>>,
    address: SocketAddr,
    /// That of the door: of tokens, and of what is signed there.
    pub(crate) clock: Arc<SkewedClock>,
    /// That of every agent.
    pub(crate) agents: Arc<SkewedClock>,
    /// How many roots have been taken out.
    retired: AtomicU32,
}

impl Issuer {
    /// A new authority, listening on this machine. It has to be called within a runtime.
    pub(crate) async fn start() -> io::Result<Self> {
        let trust_domain = TRUST_DOMAIN.parse().map_err(io::Error::other)?;
        let authority = Authority::new(trust_domain, began()).map_err(io::Error::other)?;
        let (configs, receiver) = watch::channel(credentials(&authority)?);
        let (authority, authorities) = watch::channel(Arc::new(authority));
        let tokens = Arc::new(Mutex::new(JoinTokens::new()));
        let clock = SkewedClock::new();
        let service = JoinService::new(authorities, tokens.clone(), clock.clone()).map_err(io::Error::other)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(Server::builder().add_service(service).serve_with_incoming(connections(listener, receiver)));
        Ok(Self { authority, tokens, configs, address, clock, agents: SkewedClock::new(), retired: AtomicU32::new(0) })
    }

    /// What the control plane proves who it is with, always the newest.
    pub(crate) fn configs(&self) -> watch::Receiver<Arc<ServerConfig>> {
        self.configs.subscribe()
    }

    /// Makes a new root that is trusted beside the one that signs.
    pub(crate) fn introduce(&self) -> io::Result<()> {
        self.change(|authority| authority.introduce(began()).map(drop))
    }

    /// Lets the new root sign, also for the control plane.
    pub(crate) fn switch(&self) -> io::Result<()> {
        self.change(|authority| authority.switch(OffsetDateTime::now_utc()).map(drop))
    }

    /// Takes the old root out, `after` so long a time by the authority's clock.
    pub(crate) fn retire(&self, after: Duration) -> io::Result<()> {
        self.change(|authority| authority.retire(OffsetDateTime::now_utc() + after).map(drop))?;
        self.retired.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// How many roots have been taken out.
    pub(crate) fn retired(&self) -> u32 {
        self.retired.load(Ordering::Relaxed)
    }

    /// How many roots are trusted.
    pub(crate) fn roots(&self) -> usize {
        self.authority.borrow().bundle().len()
    }

    /// All roots that are trusted, PEM.
    pub(crate) fn bundle_pem(&self) -> String {
        chain_pem(&self.authority.borrow().bundle())
    }

    fn change(&self, change: impl FnOnce(&mut Authority) -> Result<(), RotationError>) -> io::Result<()> {
        let mut next = Authority::clone(&self.authority.borrow());
        change(&mut next).map_err(io::Error::other)?;
        self.configs.send_replace(credentials(&next)?);
        self.authority.send_replace(Arc::new(next));
        Ok(())
    }

    /// Begins to hold the secrets of `ns/NAMESPACE/sa/NAME`: joins with a token that is good once. It has to be called within a runtime.
    pub(crate) fn join(&self, path: &str) -> io::Result<Holder> {
        self.join_by(path, self.agents.clone(), Some(self.token(path)?))
    }

    /// The same with a clock and a token of its own.
    pub(crate) fn join_by(&self, path: &str, clock: Arc<dyn Clock>, token: Option<String>) -> io::Result<Holder> {
        let mut settings = Settings::new(self.address, id(CONTROL_PLANE)?, id(path)?, self.bundle_pem());
        settings.token = token;
        settings.clock = clock;
        settings.look = LOOK;
        Ok(Holder::run(settings))
    }

    /// A token for `ns/NAMESPACE/sa/NAME`, by the clock of the door.
    pub(crate) fn token(&self, path: &str) -> io::Result<String> {
        let now = self.clock.now();
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).issue(&id(path)?, now).map_err(io::Error::other)
    }

    /// Asks at the door for a certificate of `ns/NAMESPACE/sa/NAME`, with a token, or with a certificate on the connection.
    ///
    /// # Errors
    /// What the door says.
    pub(crate) async fn sign(&self, path: &str, token: Option<&str>, own: Option<&Credentials>) -> Result<Credentials, String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let (id, control_plane) = (id(path).map_err(|error| told(&error))?, id(CONTROL_PLANE).map_err(|error| told(&error))?);
        let own = own.map(|own| Own { chain_pem: &own.chain_pem, key_pem: &own.key_pem });
        let channel = connect(self.address, &self.bundle_pem(), &control_plane, own, Arc::new(SystemClock)).await;
        let mut joiner = Joiner::new(channel.map_err(|error| told(&error))?);
        let key = KeyPair::generate().map_err(|error| told(&error))?;
        let csr = key.csr(&id).map_err(|error| told(&error))?;
        let answer = joiner.sign(csr, token).await.map_err(|status| format!("{:?}: {}", status.code(), status.message()))?;
        Ok(Credentials { chain_pem: answer.chain_pem, key_pem: key.private_key_pem(), bundle_pem: answer.bundle_pem })
    }

    /// A certificate that the authority signs at another time than now, past the door.
    pub(crate) fn credentials(&self, path: &str, from_now: Duration) -> io::Result<Credentials> {
        Credentials::issued(&self.authority.borrow(), &id(path)?, from_now)
    }

    /// A certificate of a root that nobody here trusts.
    pub(crate) fn foreign(&self, path: &str) -> io::Result<Credentials> {
        let trust_domain = TRUST_DOMAIN.parse().map_err(io::Error::other)?;
        let other = Authority::new(trust_domain, began()).map_err(io::Error::other)?;
        Ok(Credentials { bundle_pem: self.bundle_pem(), ..Credentials::issued(&other, &id(path)?, Duration::ZERO)? })
    }
}

/// When roots begin: long enough ago that they can sign what has ended since.
fn began() -> OffsetDateTime {
    OffsetDateTime::now_utc() - Duration::days(3)
}

/// How many roots a holder trusts.
pub(crate) fn trusted(holder: &Holder) -> usize {
    let held = holder.held().borrow().clone();
    held.and_then(|held| Certificate::from_pem(&held.bundle_pem).ok()).map_or(0, |roots| roots.len())
}

/// A certificate of the control plane itself.
fn credentials(authority: &Authority) -> io::Result<Arc<ServerConfig>> {
    let own = Credentials::issued(authority, &id(CONTROL_PLANE)?, Duration::ZERO)?;
    server_config(&own.chain_pem, &own.key_pem, &own.bundle_pem).map_err(io::Error::other)
}

fn id(path: &str) -> io::Result<SpiffeId> {
    format!("spiffe://{TRUST_DOMAIN}/{path}").parse().map_err(io::Error::other)
}
