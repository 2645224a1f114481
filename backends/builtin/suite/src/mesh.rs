//! A running mesh: policy goes in, calls come out.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use meshglot_agent::{Bootstrap, Envoy, SecretService};
use meshglot_builtin::{Builtin, identities};
use meshglot_join::Holder;
use meshglot_translator::parse::Source;
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::resolve::ReadOptions;
use meshglot_xds::{Identities, ProxyStatus, World};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;

use crate::application::Application;
use crate::client::{self, Answer, Call};
use crate::issuer::{Issuer, TRUST_DOMAIN, trusted};
use crate::missing;
use crate::namespace::Namespace;
use crate::network::{Network, PROXY_USER};
use crate::plane::Plane;
use crate::workload::{Place, Workload};

/// How long everything may take to be as it should be.
const PATIENCE: Duration = Duration::from_secs(30);

/// After a proxy has taken an update its worker threads have it a moment later.
const MOMENT: Duration = Duration::from_millis(60);

/// Everything, running. What was started ends with it, in the order of the fields.
pub struct Mesh {
    hosts: BTreeMap<&'static str, Host>,
    worlds: watch::Sender<Arc<World>>,
    identities: watch::Sender<Arc<Identities>>,
    plane: Option<Plane>,
    inventory: String,
    plan: Plan,
    runtime: Option<Runtime>,
    issuer: Issuer,
    _network: Network,
    folder: TempDir,
}

/// One workload.
struct Host {
    workload: Workload,
    _envoy: Option<Envoy>,
    _applications: Vec<Application>,
    holder: Option<Holder>,
    namespace: Arc<Namespace>,
}

/// Calls one Service from one workload.
pub struct Caller {
    namespace: Arc<Namespace>,
    server: SocketAddr,
    host: String,
}

impl Caller {
    /// One call.
    ///
    /// # Errors
    /// Nothing answers, not even by closing.
    pub fn call(&self, what: &Call) -> io::Result<Answer> {
        client::call(&self.namespace, self.server, &self.host, what)
    }
}

impl Mesh {
    /// Starts all of it, without any policy.
    ///
    /// # Errors
    /// A part cannot be started, or the proxies do not get ready.
    pub fn start(workloads: &[Workload]) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("mgs").tempdir()?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let network = Network::new()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let inventory: String = workloads.iter().map(Workload::inventory).collect();
        let plan = plan(&inventory);
        let issuer = runtime.block_on(Issuer::start())?;

        let (worlds, receiver) = watch::channel(world(&plan, &World::default())?);
        let (ids, id_receiver) = watch::channel(Arc::new(identities(&plan.model, &plan.target)));
        let plane = Plane::start(&network, 0, receiver, id_receiver, issuer.configs())?;
        let control_plane = plane.address();
        let mut mesh = Self {
            hosts: BTreeMap::new(),
            worlds,
            identities: ids,
            plane: Some(plane),
            inventory,
            plan,
            runtime: Some(runtime),
            issuer,
            _network: network,
            folder,
        };
        for workload in workloads {
            let host = mesh.host(*workload, control_plane)?;
            mesh.hosts.insert(workload.name, host);
        }
        mesh.settle()?;
        Ok(mesh)
    }

    /// Puts other policy in place of what there is, and waits until every proxy has it.
    ///
    /// # Errors
    /// It is wrong, or a proxy does not take it.
    pub fn apply(&mut self, policy: &str) -> io::Result<()> {
        self.put(policy)?;
        self.settle()
    }

    /// The same without waiting for anybody.
    ///
    /// # Errors
    /// It is wrong.
    pub fn put(&mut self, policy: &str) -> io::Result<()> {
        self.plan = plan(&format!("{}{policy}", self.inventory));
        let wrong: Vec<String> = self.plan.errors().map(|error| error.message.clone()).collect();
        if !wrong.is_empty() {
            return Err(io::Error::other(wrong.join("; ")));
        }
        let before = self.worlds.borrow().clone();
        self.identities.send_replace(Arc::new(identities(&self.plan.model, &self.plan.target)));
        self.worlds.send_replace(world(&self.plan, &before)?);
        Ok(())
    }

    /// Ends the control plane as a crash does: every connection to it breaks.
    pub fn kill_control_plane(&mut self) {
        self.plane = None;
    }

    /// Starts another one at the same address, and waits until every proxy has come back to it.
    ///
    /// # Errors
    /// It cannot be started, or a proxy does not come back.
    pub fn start_control_plane(&mut self, port: u16) -> io::Result<()> {
        let (worlds, identities) = (self.worlds.subscribe(), self.identities.subscribe());
        self.plane = Some(Plane::start(&self._network, port, worlds, identities, self.issuer.configs())?);
        self.settle()
    }

    /// The port of the control plane; 0: there is none.
    pub fn control_plane_port(&self) -> u16 {
        self.plane.as_ref().map_or(0, |plane| plane.address().port())
    }

    /// Changes the root of the authority: waits until everybody trusts the new one, then lets it sign.
    ///
    /// # Errors
    /// It has been changed before, or somebody does not hear of it.
    pub fn change_root(&self) -> io::Result<()> {
        self.issuer.introduce()?;
        let end = Instant::now() + PATIENCE;
        while self.hosts.values().filter_map(|host| host.holder.as_ref()).any(|holder| trusted(holder) < self.issuer.roots()) {
            if Instant::now() > end {
                return Err(io::Error::other("a proxy does not hear of the new root"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // Envoy takes what its agent has a moment later.
        std::thread::sleep(MOMENT);
        self.issuer.switch()
    }

    /// Who is connected to the control plane.
    pub fn proxies(&self) -> Vec<ProxyStatus> {
        self.plane.as_ref().map(Plane::proxies).unwrap_or_default()
    }

    /// The policy, and what is rendered from it.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// One call to a Service, from where a workload runs.
    ///
    /// # Errors
    /// Nothing answers, not even by closing.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn call(&self, from: &str, to: &str, port: u16, what: &Call) -> io::Result<Answer> {
        let server = self.hosts[to].workload.cluster_ip();
        client::call(&self.hosts[from].namespace, SocketAddr::from((server, port)), &format!("{to}.shop"), what)
    }

    /// The same call so often, one after the other.
    ///
    /// # Errors
    /// Nothing answers one of them, not even by closing.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn calls(&self, from: &str, to: &str, port: u16, what: &Call, count: usize) -> io::Result<Vec<Answer>> {
        let server = SocketAddr::from((self.hosts[to].workload.cluster_ip(), port));
        client::calls(&self.hosts[from].namespace, server, &format!("{to}.shop"), what, count)
    }

    /// Somebody who calls a Service while the mesh is busy with something else.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn caller(&self, from: &str, to: &str, port: u16) -> Caller {
        let server = SocketAddr::from((self.hosts[to].workload.cluster_ip(), port));
        Caller { namespace: self.hosts[from].namespace.clone(), server, host: format!("{to}.shop") }
    }

    /// One call to the address of an instance, from where a workload runs.
    ///
    /// # Errors
    /// Nothing answers, not even by closing.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn call_instance(&self, from: &str, to: &str, port: u16, what: &Call) -> io::Result<Answer> {
        let server = self.hosts[to].workload.address();
        client::call(&self.hosts[from].namespace, SocketAddr::from((server, port)), &format!("{to}.shop"), what)
    }

    /// What the proxy of a workload has said, its access log among it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn log(&self, of: &str) -> io::Result<String> {
        fs::read_to_string(self.folder.path().join(of).join("log"))
    }

    fn host(&self, workload: Workload, control_plane: SocketAddr) -> io::Result<Host> {
        let meshed = workload.place == Place::Meshed;
        let namespace = Arc::new(self._network.host(workload.address(), meshed)?);
        let start = |(_, target, serves): &(u16, u16, _)| Application::start(&namespace, workload.name, *target, *serves);
        let applications = workload.ports.iter().map(start).collect::<io::Result<_>>()?;
        if !meshed {
            return Ok(Host { workload, namespace, _applications: applications, _envoy: None, holder: None });
        }
        let folder = self.folder.path().join(workload.name);
        let bootstrap = Bootstrap {
            id: format!("shop/{0}/{0}-1", workload.name),
            trust_domain: TRUST_DOMAIN.to_owned(),
            control_plane,
            folder: folder.clone(),
        };
        fs::create_dir_all(&folder)?;
        let runtime = self.runtime.as_ref().ok_or_else(|| io::Error::other("it ends"))?;
        let holder = runtime.block_on(async {
            let holder = self.issuer.join(&format!("ns/shop/sa/{}", workload.name))?;
            let listener = UnixListener::bind(bootstrap.agent_socket())?;
            let service = SecretService::new(holder.held()).service();
            tokio::spawn(Server::builder().add_service(service).serve_with_incoming(UnixListenerStream::new(listener)));
            io::Result::Ok(holder)
        })?;
        let launcher = launcher(&folder, &namespace)?;
        let log = File::create(folder.join("log"))?;
        for path in [folder.clone(), bootstrap.agent_socket(), folder.join("log")] {
            std::os::unix::fs::chown(path, Some(PROXY_USER), None)?;
        }
        let envoy = Envoy::start(&launcher, &bootstrap, log).map_err(io::Error::other)?;
        Ok(Host { workload, namespace, _applications: applications, _envoy: Some(envoy), holder: Some(holder) })
    }

    /// Waits until every proxy has the newest world.
    fn settle(&self) -> io::Result<()> {
        let revision = self.worlds.borrow().revision();
        let wanted = self.hosts.values().filter(|host| host.workload.place == Place::Meshed).count();
        let end = Instant::now() + PATIENCE;
        loop {
            let all = self.proxies();
            let ready = |status: &ProxyStatus| status.revision == revision && status.kinds.len() >= 3 && status.is_synced();
            if all.len() == wanted && all.iter().all(ready) {
                std::thread::sleep(MOMENT);
                return Ok(());
            }
            if Instant::now() > end {
                let logs: Vec<String> = self.hosts.keys().filter_map(|name| Some(format!("{name}: {}", self.log(name).ok()?))).collect();
                return Err(io::Error::other(format!("of {wanted} proxies these are connected: {all:#?}\n{}", logs.join("\n"))));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        self.hosts.clear();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A program that starts Envoy on its host, as the user whose calls are not redirected.
fn launcher(folder: &std::path::Path, host: &Namespace) -> io::Result<PathBuf> {
    let envoy = missing::envoy().ok_or_else(|| io::Error::other("envoy is not installed"))?;
    let path = folder.with_extension("sh");
    let text = format!(
        "#!/bin/sh\nexec nsenter --net={} setpriv --reuid {PROXY_USER} --regid {PROXY_USER} --clear-groups {} \"$@\"\n",
        host.path().display(),
        envoy.display()
    );
    fs::write(&path, text)?;
    fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    Ok(path)
}

fn plan(text: &str) -> Plan {
    Plan::of(&[Source::new("policy.yaml", text)], Vec::new(), ReadOptions::default(), Chosen::These(vec![&Builtin]), [].into())
}

fn world(plan: &Plan, before: &World) -> io::Result<Arc<World>> {
    let objects = plan.engines.iter().flat_map(|(_, engine)| engine.rendered().objects);
    World::of(objects, before).map(Arc::new).map_err(io::Error::other)
}
