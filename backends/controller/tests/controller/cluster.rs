//! A cluster with the definitions of all kinds, and a controller beside it.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client, discovery};
use meshglot_apiserver::{ApiServer, User, crds};
use meshglot_controller::{Desk, Election, LEASE, Settings, Signs, roles, run};
use meshglot_translator::plan::Chosen;
use meshglot_translator::render::Backend;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(60);

/// By which a controller runs.
const ACCOUNT: &str = "meshglot-controller";

const CRD: &str = "apiextensions.k8s.io/v1";

/// An API server of its own, with a client of the one who may do everything.
pub(crate) struct Cluster {
    pub(crate) server: ApiServer,
    pub(crate) client: Client,
}

/// A controller that runs; dropped, it ends wherever it is.
pub(crate) struct Running {
    task: JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
    told: Arc<Mutex<Vec<String>>>,
    pub(crate) signs: Signs,
}

impl Cluster {
    /// With our definitions, the vendors', and a namespace `shop` with Services web, web-v1 and web-v2.
    pub(crate) async fn new(vendors: &[&str]) -> Self {
        Self::with(meshglot_crds::all().iter().map(|kind| kind.crd()).collect(), vendors).await
    }

    /// The same with other definitions than ours.
    pub(crate) async fn with(ours: Vec<Value>, vendors: &[&str]) -> Self {
        Self::on(ApiServer::start().await.expect("a server"), ours, vendors).await
    }

    /// The same on a server that is there.
    pub(crate) async fn on(server: ApiServer, ours: Vec<Value>, vendors: &[&str]) -> Self {
        let cluster = Self { client: server.client().await.expect("a client"), server };
        cluster.define(ours).await;
        for vendor in vendors {
            cluster.define(definitions(vendor)).await;
        }
        cluster.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})).await;
        for name in ["web", "web-v1", "web-v2"] {
            cluster.apply(&service(name)).await;
        }
        cluster
    }

    /// Installs definitions and waits until they are served.
    pub(crate) async fn define(&self, definitions: Vec<Value>) {
        for definition in &definitions {
            self.apply(definition).await;
        }
        let crds = self.api(CRD, "CustomResourceDefinition", None).await;
        for definition in &definitions {
            let name = definition["metadata"]["name"].as_str().expect("a name");
            let is_established = |one: &Value| one["type"] == "Established" && one["status"] == "True";
            until(name, async || {
                let state = crds.get(name).await.expect("it is there").data["status"]["conditions"].clone();
                state.as_array().is_some_and(|all| all.iter().any(is_established))
            })
            .await;
        }
    }

    /// A controller for a backend, by a client that asks once.
    pub(crate) async fn controller(&self, backend: &str) -> Running {
        let account = self.account(&[backend]).await;
        controller_of(self, &account, backend, None).await
    }

    /// The account of a controller, which may do what a controller does.
    pub(crate) async fn account(&self, names: &[&str]) -> User {
        for object in roles(&backends(names), ACCOUNT, "shop") {
            self.apply(&object).await;
        }
        let account = self.server.service_account("shop", ACCOUNT).await.expect("an account");
        let client = self.server.access().client_that_asks_once(&account).await.expect("a client");
        // Roles are known a moment after they were made; the last of them are for the Lease.
        let leases: Api<Lease> = Api::namespaced(client, "shop");
        until("its rights are known", async || leases.get_opt(LEASE).await.is_ok()).await;
        account
    }

    pub(crate) async fn api(&self, api_version: &str, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let kind = GroupVersionKind::gvk(group, version, kind);
        let begin = Instant::now();
        let resource = loop {
            match discovery::pinned_kind(&self.client, &kind).await {
                Ok((resource, _)) => break resource,
                Err(error) => assert!(begin.elapsed() < PATIENCE, "{kind:?}: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }

    pub(crate) async fn apply(&self, object: &Value) {
        self.apply_as("test", object).await;
    }

    /// Server-side apply by a manager, with force.
    pub(crate) async fn apply_as(&self, manager: &str, object: &Value) {
        let (api, name) = self.of(object).await;
        let begin = Instant::now();
        // Who has just been told that a kind is there may be refused once more.
        while let Err(error) = api.patch(&name, &PatchParams::apply(manager).force(), &Patch::Apply(object)).await {
            assert!(begin.elapsed() < PATIENCE, "{name}: {error}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// An edit as by `kubectl edit`.
    pub(crate) async fn edit(&self, object: &Value, patch: &Value) {
        let (api, name) = self.of(object).await;
        let parameters = PatchParams { field_manager: Some("kubectl-edit".to_owned()), ..PatchParams::default() };
        api.patch(&name, &parameters, &Patch::Merge(patch)).await.expect("an edit");
    }

    pub(crate) async fn delete(&self, object: &Value) {
        let (api, name) = self.of(object).await;
        api.delete(&name, &DeleteParams::default()).await.expect("it was there");
    }

    /// The object as it is now.
    pub(crate) async fn get(&self, object: &Value) -> Option<Value> {
        let (api, name) = self.of(object).await;
        let found = api.get_opt(&name).await.expect("an answer");
        found.map(|found| serde_json::to_value(found).expect("JSON"))
    }

    /// A condition of an object: status, reason, message.
    pub(crate) async fn condition(&self, object: &Value, name: &str) -> Option<(String, String, String)> {
        let found = self.get(object).await?;
        let all = found["status"]["conditions"].as_array()?.clone();
        let one = all.into_iter().find(|one| one["type"] == name)?;
        let generation = found["metadata"]["generation"].as_i64();
        if one["observedGeneration"].as_i64() != generation || found["status"]["observedGeneration"].as_i64() != generation {
            return None;
        }
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        Some((text("status"), text("reason"), text("message")))
    }

    /// Waits until a condition of the object's newest generation has this status and reason; its message.
    pub(crate) async fn comes(&self, object: &Value, name: &str, status: &str, reason: &str) -> String {
        let begin = Instant::now();
        loop {
            let seen = self.condition(object, name).await;
            if let Some((is, why, message)) = &seen
                && (is.as_str(), why.as_str()) == (status, reason)
            {
                return message.clone();
            }
            if begin.elapsed() >= PATIENCE {
                panic!("{name} {status} {reason} never came: {seen:?}: {:#}", self.get(object).await.unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    async fn of(&self, object: &Value) -> (Api<DynamicObject>, String) {
        let text = |place: &str| object.pointer(place).and_then(Value::as_str);
        let (version, kind) = (text("/apiVersion").expect("a version"), text("/kind").expect("a kind"));
        (self.api(version, kind, text("/metadata/namespace")).await, text("/metadata/name").expect("a name").to_owned())
    }
}

/// A controller by an account.
pub(crate) async fn controller_of(cluster: &Cluster, account: &User, backend: &str, election: Option<Election>) -> Running {
    elected(cluster.server.access().client_that_asks_once(account).await.expect("a client"), backend, election)
}

/// A controller by this client, alone.
pub(crate) fn controller(client: Client, backend: &str) -> Running {
    elected(client, backend, None)
}

/// A controller that agrees with others on the one that writes.
pub(crate) fn elected(client: Client, backend: &str, election: Option<Election>) -> Running {
    with(client, Settings { election, ..settings(backend) })
}

/// Backends by their names.
pub(crate) fn backends(names: &[&str]) -> Vec<&'static dyn Backend> {
    names.iter().map(|name| meshglot_registry::find(name).expect("a backend")).collect()
}

/// What a controller does that is alone, and keeps all in the cluster.
pub(crate) fn settings(backend: &str) -> Settings {
    Settings {
        chosen: Chosen::These(backends(&[backend])),
        accepted: Default::default(),
        election: None,
        signs: Signs::new().expect("counters"),
        desk: Desk::default(),
        consul: Default::default(),
        serve: None,
        webhook: None,
    }
}

/// A controller by this client that does what is set.
pub(crate) fn with(client: Client, settings: Settings) -> Running {
    let told = Arc::new(Mutex::new(Vec::new()));
    let (tell, signs) = (told.clone(), settings.signs.clone());
    let tell = move |one: meshglot_controller::Told| tell.lock().unwrap_or_else(PoisonError::into_inner).push(one.to_string());
    let (stop, stopped) = oneshot::channel::<()>();
    let ends = async move { drop(stopped.await) };
    let task = tokio::spawn(async move { run(client, settings, tell, ends).await.expect("it does not end by itself") });
    Running { task, signs, told, stop: Some(stop) }
}

impl Running {
    /// Waits until it has told a line with these words.
    pub(crate) async fn tells(&self, words: &str) {
        until(words, async || self.told().iter().any(|line| line.contains(words))).await;
    }

    /// Ends it as a signal does.
    pub(crate) async fn end(mut self) {
        drop(self.stop.take());
        (&mut self.task).await.expect("it ends");
    }

    pub(crate) fn told(&self) -> Vec<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// A vendor's definitions.
pub(crate) fn definitions(vendor: &str) -> Vec<Value> {
    let installed = crds().map(|all| all.join(vendor)).filter(|folder| folder.is_dir());
    let folder = installed.or_else(|| meshglot_apiserver::definitions(vendor)).expect("the vendor's definitions");
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let texts = files.map(|path| fs::read_to_string(path).expect("a text"));
    let all = texts.flat_map(|text| serde_saphyr::from_multiple::<Value>(&text).expect("YAML"));
    all.filter(|one| one["kind"] == "CustomResourceDefinition").collect()
}

pub(crate) fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]},
    })
}

pub(crate) fn split(name: &str, weights: [i64; 2]) -> Value {
    json!({
        "apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit", "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "service": "web",
            "backends": [{"service": "web-v1", "weight": weights[0]}, {"service": "web-v2", "weight": weights[1]}],
        },
    })
}

/// The one VirtualService that these splits render.
pub(crate) fn virtual_service() -> Value {
    json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "meshglot-web", "namespace": "shop"}})
}

/// Pods behind the Service `web-v1`, which run as an account.
pub(crate) fn deployment(account: &str) -> Value {
    let template = json!({
        "metadata": {"labels": {"app": "web-v1"}},
        "spec": {"serviceAccountName": account, "containers": [{"name": "main", "image": "web", "ports": [{"containerPort": 80}]}]},
    });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web-v1", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web-v1"}}, "template": template},
    })
}
