//! Ten years of an authority that two control planes share, on a real API server and by a clock of its own.

use std::sync::{Mutex, PoisonError};

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::ResourceExt as _;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use meshglot_apiserver::{ApiServer, Gate, installed};
use meshglot_ca::{RotationState, chain_pem};
use serde_json::{Value, json};
use time::Duration;

use super::*;
use crate::authority::Terms;

/// Where the control planes are.
const HOME: &str = "default";

/// A clock that stands still.
struct Still(Mutex<OffsetDateTime>);

impl Clock for Still {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A control plane as far as its authority goes; it ends when this is dropped.
struct Plane {
    keeper: Arc<Keeper>,
    told: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Plane {
    async fn start(cluster: &Cluster, clock: &Arc<Still>) -> Self {
        let authority = cluster.begin(&domain(), None, clock.now()).await.expect("an authority");
        let keeper = Arc::new(Keeper::kept(authority, Terms::default().overlap, clock.now()).expect("a keeper"));
        let (told, mut tasks) = (Arc::<Mutex<Vec<String>>>::default(), JoinSet::new());
        let tell: Tell = {
            let told = told.clone();
            Arc::new(move |text: &str| told.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned()))
        };
        cluster.clone().keep(true, &keeper, clock.clone(), &tell, &mut tasks);
        Self { keeper, told, _tasks: tasks }
    }

    fn is(&self, wanted: fn(RotationState) -> bool) -> bool {
        wanted(self.keeper.signs().borrow().rotation())
    }

    fn roots(&self) -> String {
        chain_pem(&self.keeper.signs().borrow().bundle())
    }

    fn has_told(&self, words: &str) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|line| line.contains(words))
    }
}

fn domain() -> TrustDomain {
    "prod.example".parse().expect("a name")
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

async fn apply(client: &Client, namespace: &str, labels: Value) {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}});
    let api: Api<Namespace> = Api::all(client.clone());
    api.patch(namespace, &PatchParams::apply("people").force(), &Patch::Apply(object)).await.expect("applied");
}

fn map(roots: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": ROOTS}, "data": {"ca.crt": roots}})).expect("a ConfigMap")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_control_planes_are_of_one_mind_for_ten_years() {
    if !installed() {
        return;
    }
    let server = ApiServer::start().await.expect("a server");
    let client = server.client().await.expect("a client");
    let gate = Gate::before(&server).await.expect("a gate");
    let far = gate.access().client(server.admin()).await.expect("a client");
    let cluster = Cluster { client: far, namespace: HOME.to_owned() };
    let begin = OffsetDateTime::now_utc();
    let clock = Arc::new(Still(Mutex::new(begin)));
    let passes = |more: Duration| *clock.0.lock().unwrap_or_else(PoisonError::into_inner) += more;
    let published = async |namespace: &str| -> Option<String> {
        let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
        api.get_opt(ROOTS).await.expect("read").and_then(|map| map.data?.remove("ca.crt"))
    };

    // Whoever comes first makes it, also where both do at once; and it is published where the label is.
    apply(&client, "shop", json!({LABEL: "enabled"})).await;
    apply(&client, "other", json!({})).await;
    apply(&client, "foreign", json!({LABEL: "enabled"})).await;
    let foreign: Api<ConfigMap> = Api::namespaced(client.clone(), "foreign");
    foreign.create(&PostParams::default(), &map("somebody else's")).await.expect("created");
    let (one, two) = tokio::join!(Plane::start(&cluster, &clock), Plane::start(&cluster, &clock));
    let first = one.roots();
    assert_eq!(first, two.roots());
    until("the roots are published", async || published("shop").await.as_ref() == Some(&first)).await;
    apply(&client, "late", json!({LABEL: "enabled"})).await;
    until("and in a namespace that comes later", async || published("late").await.as_ref() == Some(&first)).await;
    until("what is not ours is told", async || one.has_told("ConfigMap foreign/meshglot-root is somebody else's")).await;
    assert_eq!((published("other").await, published("foreign").await), (None, Some("somebody else's".to_owned())));
    // What somebody changes is put right.
    let shop: Api<ConfigMap> = Api::namespaced(client.clone(), "shop");
    shop.patch(ROOTS, &PatchParams::default(), &Patch::Merge(json!({"data": {"ca.crt": "x"}}))).await.expect("patched");
    until("it is as it was", async || published("shop").await.as_ref() == Some(&first)).await;

    // At rest nothing is written.
    let secrets: Api<Secret> = cluster.secrets();
    let version = async || {
        (secrets.get(AUTHORITY).await.expect("there").resource_version(), shop.get(ROOTS).await.expect("there").resource_version())
    };
    let at_rest = version().await;
    tokio::time::sleep(std::time::Duration::from_secs(12)).await;
    assert_eq!(version().await, at_rest);

    // Connections break, and what is watched is none the newer for it.
    for _ in 0..3 {
        gate.cut();
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    // The root nears its end: both trust the next one before anybody signs by it, and forget the old one last.
    passes(Duration::days(3650 - 300));
    let introduced: fn(RotationState) -> bool = |state| matches!(state, RotationState::Introduced { .. });
    until("both trust two roots", async || one.is(introduced) && two.is(introduced)).await;
    until("so do pods that come", async || published("shop").await == Some(one.roots())).await;
    assert!(one.roots().contains(first.trim()) && one.roots() == two.roots());
    passes(Duration::minutes(61));
    let switched: fn(RotationState) -> bool = |state| matches!(state, RotationState::Switched { .. });
    until("both sign by the new one", async || one.is(switched) && two.is(switched)).await;
    passes(Duration::days(2));
    let steady: fn(RotationState) -> bool = |state| matches!(state, RotationState::Steady);
    until("the old one is forgotten", async || one.is(steady) && two.is(steady)).await;
    let second = one.roots();
    assert!(!second.contains(first.trim()) && second == two.roots());
    until("and not published any more", async || published("shop").await.as_ref() == Some(&second)).await;

    // People may ask for another one, which is begun once.
    let asked = json!({"metadata": {"annotations": {ROTATE: "now"}}});
    secrets.patch(AUTHORITY, &PatchParams::default(), &Patch::Merge(asked)).await.expect("annotated");
    until("it is begun", async || one.is(introduced) && two.is(introduced)).await;
    assert!(secrets.get(AUTHORITY).await.expect("there").annotations().is_empty());

    // What is lost comes back as it was; what is damaged changes nobody, and is not written over.
    let third = one.roots();
    secrets.delete(AUTHORITY, &DeleteParams::default()).await.expect("deleted");
    until("it is there again", async || secrets.get_opt(AUTHORITY).await.expect("read").is_some()).await;
    assert_eq!((one.roots(), two.roots()), (third.clone(), third.clone()));
    let damaged = json!({"stringData": {"authority.json": "{}"}});
    secrets.patch(AUTHORITY, &PatchParams::default(), &Patch::Merge(damaged)).await.expect("patched");
    until("it is told", async || one.has_told("it goes on by what it has") && two.has_told("it goes on by what it has")).await;
    assert_eq!((one.roots(), two.roots()), (third.clone(), third));
    let refused = cluster.begin(&domain(), None, clock.now()).await.expect_err("a refusal").to_string();
    assert!(refused.contains("Secret default/meshglot-authority") && refused.contains("backup"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authority_of_another_trust_domain_is_not_used() {
    if !installed() {
        return;
    }
    let server = ApiServer::start().await.expect("a server");
    let cluster = Cluster { client: server.client().await.expect("a client"), namespace: HOME.to_owned() };
    let now = OffsetDateTime::now_utc();
    cluster.begin(&domain(), None, now).await.expect("an authority");
    let error = cluster.begin(&"b.example".parse().expect("a name"), None, now).await.expect_err("a refusal").to_string();
    assert!(error.contains("prod.example") && error.contains("b.example"), "{error}");
}
