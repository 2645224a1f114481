//! A cluster for commands: a namespace of its own in it, files beside it, and a controller where one is needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Api, Client, discovery};
use meshglot_apiserver::{ApiServer, User, crds, shared};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster as a test sees it.
pub(super) struct Site {
    pub(super) client: Client,
    pub(super) namespace: String,
    /// Files of the test; the commands run in it.
    pub(super) folder: tempfile::TempDir,
    pub(super) kubeconfig: PathBuf,
    /// `None`: the one that all tests share.
    pub(super) server: Option<ApiServer>,
}

/// What a command said.
pub(super) struct Said {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

/// A controller that runs; dropped, it is ended.
pub(super) struct Controller(Child);

impl Site {
    /// A namespace of the server that all share, with our definitions.
    pub(super) async fn shared(namespace: &str) -> Self {
        let server = shared().await.expect("a server");
        let site = Self::at(server, namespace).await;
        site.define(&[]).await;
        site
    }

    /// A server of its own, with our definitions and a vendor's.
    pub(super) async fn own(namespace: &str, vendors: &[&str], users: &[User]) -> Self {
        let settings = meshglot_apiserver::Settings { users: users.to_vec(), ..Default::default() };
        let server = ApiServer::start_with(settings).await.expect("a server");
        let mut site = Self::at(&server, namespace).await;
        site.server = Some(server);
        site.define(vendors).await;
        site
    }

    /// A server of its own with a vendor's definitions, and nothing of ours.
    pub(super) async fn bare(vendors: &[&str]) -> Self {
        let server = ApiServer::start().await.expect("a server");
        let mut site = Self::new(&server, "default").await;
        site.server = Some(server);
        site.install(vendors.iter().flat_map(|vendor| definitions(vendor)).collect()).await;
        site
    }

    async fn at(server: &ApiServer, namespace: &str) -> Self {
        let site = Self::new(server, namespace).await;
        for name in [namespace, "meshglot-system"] {
            site.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})).await;
        }
        site
    }

    async fn new(server: &ApiServer, namespace: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let kubeconfig = folder.path().join("kubeconfig");
        fs::write(&kubeconfig, server.access().kubeconfig(server.admin())).expect("written");
        let client = server.client().await.expect("a client");
        Self { client, namespace: namespace.to_owned(), folder, kubeconfig, server: None }
    }

    async fn define(&self, vendors: &[&str]) {
        let ours: Value = serde_json::from_str(&self.run(&["crds", "-o", "json"]).out).expect("JSON");
        let mut all = ours["items"].as_array().expect("a list").clone();
        all.extend(vendors.iter().flat_map(|vendor| definitions(vendor)));
        self.install(all).await;
    }

    async fn install(&self, all: Vec<Value>) {
        for definition in &all {
            self.apply(definition).await;
        }
        for definition in &all {
            let name = definition["metadata"]["name"].as_str().expect("a name");
            self.until(name, async || {
                let found = self.get(definition).await.expect("it is there");
                let conditions = found["status"]["conditions"].as_array().cloned().unwrap_or_default();
                conditions.iter().any(|one| one["type"] == "Established" && one["status"] == "True")
            })
            .await;
        }
    }

    /// Runs a command with the kubeconfig in the environment, as people have it.
    pub(super) fn run(&self, words: &[&str]) -> Said {
        self.run_with(words, &self.kubeconfig)
    }

    pub(super) fn run_with(&self, words: &[&str], kubeconfig: &Path) -> Said {
        let said = self.command(words, kubeconfig).output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Said { code: said.status.code(), out: text(&said.stdout), err: text(&said.stderr) }
    }

    pub(super) fn command(&self, words: &[&str], kubeconfig: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        command.args(words).current_dir(self.folder.path()).env_remove("MESHGLOT_CONFIG_DIR");
        command.env("KUBECONFIG", kubeconfig).env("HOME", self.folder.path()).stdin(Stdio::null());
        command
    }

    /// A kubeconfig of somebody else.
    pub(super) fn kubeconfig_of(&self, user: &User) -> PathBuf {
        let path = self.folder.path().join(user.name());
        let server = self.server.as_ref().expect("a server of its own");
        fs::write(&path, server.access().kubeconfig(user)).expect("written");
        path
    }

    pub(super) fn file(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("written");
    }

    /// The real controller, which has listed everything once.
    pub(super) fn controller(&self, backend: &str) -> Controller {
        self.controller_of(&["--backend", backend])
    }

    /// One that is told this.
    pub(super) fn controller_of(&self, words: &[&str]) -> Controller {
        let mut command = self.command(&[&["controller"], words].concat(), &self.kubeconfig);
        Controller(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts"))
    }

    /// An object of the namespace.
    pub(super) fn object(&self, api_version: &str, kind: &str, name: &str, spec: &Value) -> Value {
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": self.namespace}, "spec": spec})
    }

    /// Services of these names.
    pub(super) async fn services(&self, names: &[&str]) {
        for name in names {
            let spec = json!({"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]});
            self.apply(&self.object("v1", "Service", name, &spec)).await;
        }
    }

    /// A split of `web` to `web-v1` and `web-v2`.
    pub(super) fn split(&self, name: &str, weights: [i64; 2]) -> Value {
        let [one, other] = weights;
        let spec = json!({"service": "web", "backends": [{"service": "web-v1", "weight": one}, {"service": "web-v2", "weight": other}]});
        self.object("split.smi-spec.io/v1alpha4", "TrafficSplit", name, &spec)
    }

    /// Server-side apply by a test, with force.
    pub(super) async fn apply(&self, object: &Value) {
        self.apply_as("test", object).await;
    }

    pub(super) async fn apply_as(&self, manager: &str, object: &Value) {
        let (api, name) = self.of(object).await;
        let begin = Instant::now();
        // Who has just been told that a kind is there may be refused once more.
        while let Err(error) = api.patch(&name, &PatchParams::apply(manager).force(), &Patch::Apply(object)).await {
            assert!(begin.elapsed() < PATIENCE, "{name}: {error}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// An edit as by `kubectl edit`.
    pub(super) async fn edit(&self, object: &Value, patch: &Value) {
        let (api, name) = self.of(object).await;
        let parameters = PatchParams { field_manager: Some("kubectl-edit".to_owned()), ..PatchParams::default() };
        api.patch(&name, &parameters, &Patch::Merge(patch)).await.expect("an edit");
    }

    /// A status as a controller writes it.
    pub(super) async fn status(&self, object: &Value, status: &Value) {
        let (api, name) = self.of(object).await;
        api.patch_status(&name, &PatchParams::default(), &Patch::Merge(json!({"status": status}))).await.expect("a status");
    }

    /// Deletes what a controller has kept of generations that were in force.
    pub(super) async fn forget_generations(&self) {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("apps", "v1", "ControllerRevision"));
        let api: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), &self.namespace, &resource);
        api.delete_collection(&DeleteParams::default(), &ListParams::default()).await.expect("deleted");
    }

    pub(super) async fn delete(&self, object: &Value) {
        let (api, name) = self.of(object).await;
        api.delete(&name, &DeleteParams::default()).await.expect("it was there");
    }

    pub(super) async fn get(&self, object: &Value) -> Option<Value> {
        let (api, name) = self.of(object).await;
        let found = api.get_opt(&name).await.expect("an answer");
        found.map(|found| serde_json::to_value(found).expect("JSON"))
    }

    async fn of(&self, object: &Value) -> (Api<DynamicObject>, String) {
        let text = |place: &str| object.pointer(place).and_then(Value::as_str);
        let (version, kind) = (text("/apiVersion").expect("a version"), text("/kind").expect("a kind"));
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let kind = GroupVersionKind::gvk(group, version, kind);
        let begin = Instant::now();
        let resource = loop {
            match discovery::pinned_kind(&self.client, &kind).await {
                Ok((resource, _)) => break resource,
                Err(error) => assert!(begin.elapsed() < PATIENCE, "{kind:?}: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let api = match text("/metadata/namespace") {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        (api, text("/metadata/name").expect("a name").to_owned())
    }

    /// Waits until something holds.
    pub(super) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let begin = Instant::now();
        while !holds().await {
            assert!(begin.elapsed() < PATIENCE, "never: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // It may have ended by itself. Asked to, it gives its Lease up for the next one.
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
    }
}

/// A vendor's definitions.
fn definitions(vendor: &str) -> Vec<Value> {
    let installed = crds().map(|all| all.join(vendor)).filter(|folder| folder.is_dir());
    let folder = installed.or_else(|| meshglot_apiserver::definitions(vendor)).expect("the vendor's definitions");
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let texts = files.map(|path| fs::read_to_string(path).expect("a text"));
    let all = texts.flat_map(|text| serde_saphyr::from_multiple::<Value>(&text).expect("YAML"));
    all.filter(|one| one["kind"] == "CustomResourceDefinition").collect()
}
