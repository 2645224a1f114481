//! A real control plane: policy becomes worlds, an authority signs, and discovery serves over TLS 1.3 to who proves who it is.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use meshglot_ca::{Authority, Issued, KeyPair, SpiffeId};
use meshglot_translator::ir::MeshSettings;
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::render::{Engine, Target};
use meshglot_translator::resolve::{Model, ReadOptions};
use meshglot_xds::{ByIdentity, Discovery, Identities, Proxies, World, connections, server_config};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tonic::transport::Server;

use super::shop;

/// The trust domain of a Mesh that names none.
const TRUST_DOMAIN: &str = "cluster.local";

/// The service account of the control plane.
const CONTROL_PLANE: &str = "ns/meshglot-system/sa/control-plane";

pub(crate) struct Plane {
    model: Model,
    engine: Engine<'static>,
    worlds: watch::Sender<Arc<World>>,
    pub(crate) proxies: Arc<Proxies>,
    authority: Authority,
    address: SocketAddr,
    _runtime: Runtime,
}

impl Plane {
    /// Renders a policy and serves it at a free port.
    pub(crate) fn start(text: String) -> io::Result<Self> {
        let (documents, unreadable) = parse(&[Source::new("shop.yaml", text)]);
        assert!(unreadable.is_empty(), "the shop is readable");
        let model = Model::new(documents, ReadOptions::default()).with_implied_mesh(MeshSettings::default());
        assert!(model.diagnostics().is_empty(), "the shop is valid");
        let builtin = meshglot_registry::find("builtin").expect("the built-in mesh");
        let engine = Engine::new(builtin, Target { everything: true, ..Target::default() }, &model);
        let world = World::of(engine.rendered().objects, &World::default()).map_err(io::Error::other)?;
        let (worlds, receiver) = watch::channel(Arc::new(world));

        let authority = Authority::new(TRUST_DOMAIN.parse().map_err(io::Error::other)?, OffsetDateTime::now_utc());
        let authority = authority.map_err(io::Error::other)?;
        let (key, issued) = issue(&authority, CONTROL_PLANE)?;
        let config = server_config(&issued.chain_pem(), &key.private_key_pem(), &issued.bundle_pem()).map_err(io::Error::other)?;
        let identities: Identities =
            (0..shop::WORKLOADS).map(shop::workload).map(|(name, account)| (name.into(), spiffe(&account))).collect();

        // The senders are dropped: neither who is who nor the certificate changes.
        let discovery = Discovery::new(receiver, Arc::new(ByIdentity::new(watch::channel(Arc::new(identities)).1)));
        let proxies = discovery.proxies();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let address = runtime.block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let address = listener.local_addr()?;
            let incoming = connections(listener, watch::channel(config).1);
            tokio::spawn(Server::builder().add_service(discovery.service()).serve_with_incoming(incoming));
            io::Result::Ok(address)
        })?;
        Ok(Self { model, engine, worlds, proxies, authority, address, _runtime: runtime })
    }

    /// What so many proxies are started with, each with a certificate of its own.
    pub(crate) fn invitations(&self, proxies: usize) -> io::Result<Value> {
        let one = |n: usize| {
            let (workload, account) = shop::workload(n % shop::WORKLOADS);
            let (key, issued) = issue(&self.authority, &account)?;
            io::Result::Ok(json!({
                "id": format!("{workload}/{}", n / shop::WORKLOADS),
                "chain": issued.chain_pem(),
                "key": key.private_key_pem(),
            }))
        };
        let bundle = meshglot_ca::chain_pem(&self.authority.bundle());
        Ok(json!({
            "address": self.address.to_string(),
            "control_plane": spiffe(CONTROL_PLANE),
            "bundle": bundle,
            "proxies": (0..proxies).map(one).collect::<io::Result<Vec<_>>>()?,
        }))
    }

    /// Puts documents in the place of those of their names; the revision of the world that has them.
    pub(crate) fn edit(&mut self, text: String) -> u64 {
        let mut changed = BTreeSet::new();
        for document in parse(&[Source::new("edit.yaml", text)]).0 {
            let key = self.model.key_of(&document).expect("what is edited has a key");
            changed.extend(self.model.put(&key, vec![document]));
        }
        let update = self.engine.update(&self.model, &changed);
        let before = self.worlds.borrow().clone();
        let world = before.edit(self.engine.rendered_by(&update), &update.gone).expect("what is rendered is served");
        let revision = world.revision();
        self.worlds.send_replace(Arc::new(world));
        revision
    }

    /// That of the world that is served.
    pub(crate) fn revision(&self) -> u64 {
        self.worlds.borrow().revision()
    }

    /// How many proxies have everything of a world, and have said so.
    pub(crate) fn synced(&self, revision: u64) -> usize {
        self.proxies.count(|status| status.revision >= revision && status.kinds.len() == 4 && status.is_synced())
    }
}

fn issue(authority: &Authority, account: &str) -> io::Result<(KeyPair, Issued)> {
    let id: SpiffeId = spiffe(account).parse().map_err(io::Error::other)?;
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let csr = key.csr(&id).map_err(io::Error::other)?;
    let issued = authority.issue(&csr, &id, OffsetDateTime::now_utc()).map_err(io::Error::other)?;
    Ok((key, issued))
}

fn spiffe(account: &str) -> String {
    format!("spiffe://{TRUST_DOMAIN}/{account}")
}
