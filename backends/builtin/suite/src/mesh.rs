//! A running mesh: policy goes in, and proxies take it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use meshglot_builtin::{Builtin, identities};
use meshglot_join::Holder;
use meshglot_translator::parse::Source;
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::render::RenderedObject;
use meshglot_translator::resolve::ReadOptions;
use meshglot_xds::{Identities, ProxyStatus, World};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::data_plane::DataPlane;
use crate::host::Host;
use crate::inventory::inventory;
use crate::issuer::Issuer;
use crate::network::Network;
use crate::plane::Plane;
use crate::sent::Sent;
use crate::workload::{Place, Workload};

/// How long everything may take to be as it should be.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// After a proxy has taken an update its worker threads have it a moment later.
pub(crate) const MOMENT: Duration = Duration::from_millis(60);

/// Everything, running. What was started ends with it, in the order of the fields.
pub struct Mesh {
    pub(crate) hosts: BTreeMap<&'static str, Host>,
    worlds: watch::Sender<Arc<World>>,
    identities: watch::Sender<Arc<Identities>>,
    pub(crate) plane: Option<Plane>,
    pub(crate) sent: Arc<Sent>,
    /// The address of the control plane, also while there is none.
    control_plane: std::net::SocketAddr,
    workloads: Vec<Workload>,
    /// Those that are not ready, as the cluster says.
    away: BTreeSet<&'static str>,
    policy: String,
    plan: Plan,
    runtime: Option<Runtime>,
    pub(crate) issuer: Issuer,
    pub(crate) network: Network,
    data_plane: &'static dyn DataPlane,
    folder: TempDir,
}

impl Mesh {
    /// Starts all of it, without any policy.
    ///
    /// # Errors
    /// A part cannot be started, or the proxies do not get ready.
    pub fn start(workloads: &[Workload], data_plane: &'static dyn DataPlane) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("mgs").tempdir()?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let network = Network::new()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let plan = plan(&inventory(workloads, &BTreeSet::new()));
        let issuer = runtime.block_on(Issuer::start())?;

        let (worlds, receiver) = watch::channel(world(&plan, &World::default())?);
        let (ids, id_receiver) = watch::channel(Arc::new(identities(&plan.model, &plan.target)));
        let sent = Arc::<Sent>::default();
        let plane = Plane::start(&network, 0, receiver, id_receiver, issuer.configs(), sent.clone())?;
        let mut mesh = Self {
            hosts: BTreeMap::new(),
            worlds,
            identities: ids,
            control_plane: plane.address(),
            plane: Some(plane),
            sent,
            workloads: workloads.to_vec(),
            away: BTreeSet::new(),
            policy: String::new(),
            plan,
            runtime: Some(runtime),
            issuer,
            network,
            data_plane,
            folder,
        };
        for workload in workloads {
            let mut host = mesh.host(*workload)?;
            host.start_applications()?;
            mesh.hosts.insert(workload.name, host);
            mesh.start_proxy(workload.name)?;
        }
        mesh.settle()?;
        Ok(mesh)
    }

    fn host(&self, workload: Workload) -> io::Result<Host> {
        let meshed = workload.place == Place::Meshed;
        let ports: Vec<u16> = workload.declared().map(|(_, target, _)| *target).collect();
        let namespace = self.network.host(workload.address(), meshed.then_some(&ports))?;
        let path = format!("ns/{}/sa/{}", workload.namespace, workload.account);
        let holder = meshed.then(|| self.within(|| self.issuer.join(&path))).transpose()?;
        Host::new(workload, namespace, self.folder.path().join(workload.name), holder)
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
        self.take(policy, None)
    }

    /// The same with a mistake of this code, and no other: what is right in it holds all the same.
    ///
    /// # Errors
    /// The mistake is not told, or there is another.
    pub fn put_mistaken(&mut self, policy: &str, code: &str) -> io::Result<()> {
        self.take(policy, Some(code))?;
        let is_told = self.plan.errors().any(|error| error.code.info().name == code);
        if is_told { Ok(()) } else { Err(io::Error::other(format!("{code} is not told"))) }
    }

    fn take(&mut self, policy: &str, mistake: Option<&str>) -> io::Result<()> {
        let plan = plan(&format!("{}{policy}", inventory(&self.workloads, &self.away)));
        let others = plan.errors().filter(|error| Some(error.code.info().name) != mistake);
        let wrong: Vec<String> = others.map(|error| format!("{}: {}", error.code.info().name, error.message)).collect();
        if !wrong.is_empty() {
            return Err(io::Error::other(wrong.join("; ")));
        }
        self.plan = plan;
        policy.clone_into(&mut self.policy);
        let before = self.worlds.borrow().clone();
        self.identities.send_replace(Arc::new(identities(&self.plan.model, &self.plan.target)));
        self.worlds.send_replace(world(&self.plan, &before)?);
        Ok(())
    }

    /// Says of a workload, as the cluster does, whether it is ready to be called; waits until every proxy has heard of it.
    ///
    /// # Errors
    /// A proxy does not take it.
    pub fn set_ready(&mut self, name: &'static str, ready: bool) -> io::Result<()> {
        if ready {
            self.away.remove(name);
        } else {
            self.away.insert(name);
        }
        self.apply(&self.policy.clone())
    }

    /// Ends the control plane as a crash does: every connection to it breaks.
    pub fn kill_control_plane(&mut self) {
        self.plane = None;
    }

    /// Starts another one at the same address, and waits until every proxy has come back to it.
    ///
    /// # Errors
    /// It cannot be started, or a proxy does not come back.
    pub fn start_control_plane(&mut self) -> io::Result<()> {
        let (worlds, identities) = (self.worlds.subscribe(), self.identities.subscribe());
        let (configs, sent) = (self.issuer.configs(), self.sent.clone());
        self.plane = Some(Plane::start(&self.network, self.control_plane.port(), worlds, identities, configs, sent)?);
        self.settle()
    }

    /// Ends the proxy of a workload, as a crash does; its applications go on.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn stop_proxy(&mut self, of: &str) {
        self.at(of).proxy = None;
    }

    /// Asks the proxy of a workload to end when its calls have ended, if it can be asked here.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn ask_proxy_to_end(&self, of: &str) -> bool {
        self.hosts[of].proxy.as_ref().is_some_and(|proxy| proxy.ask_to_end())
    }

    /// Starts it again, and waits for nobody.
    ///
    /// # Errors
    /// It cannot be started.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn start_proxy(&mut self, of: &str) -> io::Result<()> {
        let (data_plane, control_plane) = (self.data_plane, self.control_plane);
        let runtime = self.runtime.as_ref().ok_or_else(|| io::Error::other("it ends"))?.handle().clone();
        self.at(of).start_proxy(data_plane, control_plane, &runtime)
    }

    /// Takes from the proxy of a workload all that it has kept, as if its host were another. Its log stays.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn forget(&self, of: &str) -> io::Result<()> {
        self.sent.forget(&self.hosts[of].spiffe_id());
        for entry in fs::read_dir(self.folder.path().join(of))? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name != "log") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Ends what a workload serves; its proxy goes on.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn stop_applications(&mut self, of: &str) {
        self.at(of).applications.clear();
    }

    /// Starts it again.
    ///
    /// # Errors
    /// A port is taken.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn start_applications(&mut self, of: &str) -> io::Result<()> {
        self.at(of).start_applications()
    }

    /// Lets a workload wait so long before every answer to a request.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn set_delay(&self, of: &str, delay: Duration) {
        self.hosts[of].applications.values().for_each(|application| application.set_delay(delay));
    }

    /// Puts a policy in place whose resources are altered before anybody is sent them: what the backend does not write yet. `alter` is given
    /// the name and the message of each, such as `shop/api/80` and its fields; of one name there may be several. Waits for nobody.
    ///
    /// # Errors
    /// The policy is wrong, or what was made of a resource is none.
    pub fn alter(&mut self, policy: &str, alter: &dyn Fn(&str, &mut Value)) -> io::Result<()> {
        self.put(policy)?;
        let altered: Vec<RenderedObject> = objects(&self.plan)
            .map(|object| {
                let mut body = object.body();
                if let Some(resource) = body.get_mut("resource") {
                    alter(&object.id.name, resource);
                }
                RenderedObject::plain(object.id.clone(), &body, object.sources.clone(), Vec::new())
            })
            .collect();
        let before = self.worlds.borrow().clone();
        self.worlds.send_replace(World::of(&altered, &before).map(Arc::new).map_err(io::Error::other)?);
        Ok(())
    }

    /// The data plane that runs beside the workloads.
    pub fn data_plane(&self) -> &'static dyn DataPlane {
        self.data_plane
    }

    /// Starts whatever does not run, sets every clock right, and takes the policy back.
    ///
    /// # Errors
    /// Something cannot be started.
    pub fn recover(&mut self) -> io::Result<()> {
        self.issuer.clock.set(time::Duration::ZERO);
        self.issuer.agents.set(time::Duration::ZERO);
        self.away.clear();
        self.put("")?;
        for name in self.hosts.keys().copied().collect::<Vec<_>>() {
            self.start_applications(name)?;
            self.start_proxy(name)?;
            self.set_delay(name, Duration::ZERO);
        }
        if self.plane.is_none() { self.start_control_plane() } else { self.settle() }
    }

    /// Who is connected to the control plane.
    pub fn proxies(&self) -> Vec<ProxyStatus> {
        self.plane.as_ref().map(Plane::proxies).unwrap_or_default()
    }

    /// The policy, and what is rendered from it.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What the proxy of a workload has said, its access log among it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn log(&self, of: &str) -> io::Result<String> {
        fs::read_to_string(self.folder.path().join(of).join("log"))
    }

    /// Waits until every proxy that runs has the newest world.
    ///
    /// # Errors
    /// One does not get there.
    pub fn settle(&self) -> io::Result<()> {
        let revision = self.worlds.borrow().revision();
        let ready = |status: &ProxyStatus| status.revision == revision && status.kinds.len() >= 3 && status.is_synced();
        let is_of = |status: &ProxyStatus, node: &(String, String)| (&status.node.workload, &status.node.instance) == (&node.0, &node.1);
        let wanted: Vec<_> = self.hosts.values().filter(|host| host.proxy.is_some()).map(Host::node).collect();
        let is_settled = || {
            let all = self.proxies();
            // While one reconnects its stream of before may still be there.
            wanted.iter().all(|node| {
                let mut own = all.iter().filter(|status| is_of(status, node)).peekable();
                own.peek().is_some() && own.all(ready)
            })
        };
        if until(is_settled) {
            std::thread::sleep(MOMENT);
            return Ok(());
        }
        let logs: Vec<String> = self.hosts.keys().filter_map(|name| Some(format!("{name}: {}", self.log(name).ok()?))).collect();
        Err(io::Error::other(format!("of {wanted:?} these are connected: {:#?}\n{}", self.proxies(), logs.join("\n"))))
    }

    /// The agents of all proxies.
    pub(crate) fn holders(&self) -> impl Iterator<Item = &Holder> {
        self.hosts.values().filter_map(|host| host.holder.as_ref())
    }

    /// Does something within the runtime of the mesh.
    pub(crate) fn within<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let runtime = self.runtime.as_ref().ok_or_else(|| io::Error::other("it ends"))?;
        let _inside = runtime.enter();
        work()
    }

    /// Waits for something in the runtime of the mesh.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> io::Result<T> {
        Ok(self.runtime.as_ref().ok_or_else(|| io::Error::other("it ends"))?.block_on(work))
    }

    fn at(&mut self, name: &str) -> &mut Host {
        // Names are those of the scenarios; a wrong one is a mistake in a test.
        self.hosts.get_mut(name).unwrap_or_else(|| panic!("there is no workload {name}"))
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

/// Waits until something holds, as long as it may take. `false`: it does not.
pub(crate) fn until(holds: impl Fn() -> bool) -> bool {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

fn plan(text: &str) -> Plan {
    Plan::of(&[Source::new("policy.yaml", text)], Vec::new(), ReadOptions::default(), Chosen::These(vec![&Builtin]), [].into())
}

fn world(plan: &Plan, before: &World) -> io::Result<Arc<World>> {
    World::of(objects(plan), before).map(Arc::new).map_err(io::Error::other)
}

fn objects(plan: &Plan) -> impl Iterator<Item = &RenderedObject> {
    plan.engines.iter().flat_map(|(_, engine)| engine.rendered().objects)
}
