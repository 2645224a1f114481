//! A control plane in this process, that serves what was made by hand to whoever proves to be a workload.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use meshglot_agent::CONTROL_PLANE;
use meshglot_ca::{Authority, KeyPair, SpiffeId, chain_pem};
use meshglot_join::Held;
use meshglot_translator::render::RenderedObject;
use meshglot_xds::{ByIdentity, Discovery, Identities, Proxies, World, connections, server_config};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::watch;
use tonic::transport::Server;

use super::resources::{TRUST_DOMAIN, spiffe};

/// How long proxies may take to have what is served.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Plane {
    worlds: watch::Sender<Arc<World>>,
    identities: watch::Sender<Arc<Identities>>,
    proxies: Arc<Proxies>,
    authority: Authority,
    pub(crate) address: SocketAddr,
    runtime: Runtime,
}

impl Plane {
    /// Listens at a free port; there is nothing yet.
    pub(crate) fn start() -> io::Result<Self> {
        let authority = Authority::new(TRUST_DOMAIN.parse().map_err(io::Error::other)?, OffsetDateTime::now_utc());
        let authority = authority.map_err(io::Error::other)?;
        let own = issue(&authority, &format!("spiffe://{TRUST_DOMAIN}/{CONTROL_PLANE}"))?;
        let config = server_config(&own.chain_pem, &own.key_pem, &own.bundle_pem).map_err(io::Error::other)?;
        let (worlds, receiver) = watch::channel(Arc::new(World::default()));
        let (identities, known) = watch::channel(Arc::new(Identities::new()));
        let discovery = Discovery::new(receiver, Arc::new(ByIdentity::new(known)));
        let proxies = discovery.proxies();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let address = runtime.block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let address = listener.local_addr()?;
            let incoming = connections(listener, watch::channel(config).1);
            tokio::spawn(Server::builder().add_service(discovery.service()).serve_with_incoming(incoming));
            io::Result::Ok(address)
        })?;
        Ok(Self { worlds, identities, proxies, authority, address, runtime })
    }

    /// Runs what stands beside a proxy.
    pub(crate) fn runtime(&self) -> &Handle {
        self.runtime.handle()
    }

    /// What a workload proves who it is with; it may read its resources from now on.
    pub(crate) fn admit(&self, workload: &str) -> io::Result<Held> {
        let id = spiffe(workload);
        self.identities.send_modify(|all| drop(Arc::make_mut(all).insert(workload.into(), id.clone())));
        issue(&self.authority, &id)
    }

    /// Serves these from now on, and nothing else.
    pub(crate) fn serve(&self, objects: &[RenderedObject]) {
        let world = World::of(objects, &self.worlds.borrow()).expect("what is made by hand is a resource");
        self.worlds.send_replace(Arc::new(world));
    }

    /// Waits until so many proxies have taken what is served.
    pub(crate) fn wait(&self, proxies: usize) {
        let (revision, end) = (self.worlds.borrow().revision(), Instant::now() + PATIENCE);
        while self.proxies.count(|status| status.revision >= revision && status.kinds.len() >= 3 && status.is_synced()) < proxies {
            for status in self.proxies.all() {
                assert!(status.last_nack.is_none(), "{} refuses: {:?}", status.node.workload, status.last_nack);
            }
            assert!(Instant::now() < end, "the proxies have not taken what is served: {:#?}", self.proxies.all());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn issue(authority: &Authority, id: &str) -> io::Result<Held> {
    let id: SpiffeId = id.parse().map_err(io::Error::other)?;
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let csr = key.csr(&id).map_err(io::Error::other)?;
    let issued = authority.issue(&csr, &id, OffsetDateTime::now_utc()).map_err(io::Error::other)?;
    Held::handed_over(issued.chain_pem(), key.private_key_pem(), chain_pem(&authority.bundle())).map_err(io::Error::other)
}
