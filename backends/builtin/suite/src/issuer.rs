//! The certificate authority of the mesh, and the door at which proxies get their certificates.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use meshglot_agent::CONTROL_PLANE;
use meshglot_ca::{Authority, Certificate, JoinTokens, KeyPair, RotationError, SpiffeId, chain_pem};
use meshglot_join::{Holder, JoinService, Settings, SystemClock};
use meshglot_xds::{connections, server_config};
use rustls::ServerConfig;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::transport::Server;

/// The trust domain of a Mesh that names none.
pub(crate) const TRUST_DOMAIN: &str = "cluster.local";

/// Signs for whoever comes with a token of its own.
pub(crate) struct Issuer {
    authority: watch::Sender<Arc<Authority>>,
    tokens: Arc<Mutex<JoinTokens>>,
    /// What the control plane is, on all its listeners.
    configs: watch::Sender<Arc<ServerConfig>>,
    address: SocketAddr,
}

impl Issuer {
    /// A new authority, listening on this machine. It has to be called within a runtime.
    pub(crate) async fn start() -> io::Result<Self> {
        let trust_domain = TRUST_DOMAIN.parse().map_err(io::Error::other)?;
        let authority = Authority::new(trust_domain, OffsetDateTime::now_utc()).map_err(io::Error::other)?;
        let (configs, receiver) = watch::channel(credentials(&authority)?);
        let (authority, authorities) = watch::channel(Arc::new(authority));
        let tokens = Arc::new(Mutex::new(JoinTokens::new()));
        let service = JoinService::new(authorities, tokens.clone(), Arc::new(SystemClock)).map_err(io::Error::other)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(Server::builder().add_service(service).serve_with_incoming(connections(listener, receiver)));
        Ok(Self { authority, tokens, configs, address })
    }

    /// What the control plane proves who it is with, always the newest.
    pub(crate) fn configs(&self) -> watch::Receiver<Arc<ServerConfig>> {
        self.configs.subscribe()
    }

    /// Makes a new root that is trusted beside the one that signs.
    pub(crate) fn introduce(&self) -> io::Result<()> {
        self.change(|authority| authority.introduce(OffsetDateTime::now_utc()).map(drop))
    }

    /// Lets the new root sign, also for the control plane.
    pub(crate) fn switch(&self) -> io::Result<()> {
        self.change(|authority| authority.switch(OffsetDateTime::now_utc()).map(drop))
    }

    /// How many roots are trusted.
    pub(crate) fn roots(&self) -> usize {
        self.authority.borrow().bundle().len()
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
        let id = id(path)?;
        let token = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).issue(&id, OffsetDateTime::now_utc());
        let bundle = chain_pem(&self.authority.borrow().bundle());
        let mut settings = Settings::new(self.address, self::id(CONTROL_PLANE)?, id, bundle);
        settings.token = Some(token.map_err(io::Error::other)?);
        Ok(Holder::run(settings))
    }
}

/// How many roots a holder trusts.
pub(crate) fn trusted(holder: &Holder) -> usize {
    let held = holder.held().borrow().clone();
    held.and_then(|held| Certificate::from_pem(&held.bundle_pem).ok()).map_or(0, |roots| roots.len())
}

/// A certificate of the control plane itself.
fn credentials(authority: &Authority) -> io::Result<Arc<ServerConfig>> {
    let id = id(CONTROL_PLANE)?;
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let csr = key.csr(&id).map_err(io::Error::other)?;
    let issued = authority.issue(&csr, &id, OffsetDateTime::now_utc()).map_err(io::Error::other)?;
    server_config(&issued.chain_pem(), &key.private_key_pem(), &issued.bundle_pem()).map_err(io::Error::other)
}

fn id(path: &str) -> io::Result<SpiffeId> {
    format!("spiffe://{TRUST_DOMAIN}/{path}").parse().map_err(io::Error::other)
}
