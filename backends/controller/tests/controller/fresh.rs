//! What is there beside what a fresh rendering of the same cluster gives.

use std::collections::BTreeMap;

use kube::api::ListParams;
use meshglot_translator::parse::Source;
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::resolve::ReadOptions;
use serde_json::{Value, json};

use crate::cluster::{Cluster, until};

/// Kinds of policy and inventory that these tests write.
const WRITTEN: [(&str, &str); 8] = [
    ("split.smi-spec.io/v1alpha4", "TrafficSplit"),
    ("meshglot.dev/v1alpha1", "Mesh"),
    ("access.smi-spec.io/v1alpha4", "TrafficTarget"),
    ("specs.smi-spec.io/v1alpha4", "TCPRoute"),
    ("specs.smi-spec.io/v1alpha4", "HTTPRouteGroup"),
    ("apps/v1", "Deployment"),
    ("v1", "Service"),
    ("v1", "Namespace"),
];

/// By kind and name, all that we write of an object.
type Objects = BTreeMap<String, Value>;

fn ours(object: &Value) -> (String, Value) {
    let metadata = &object["metadata"];
    let path = format!("{}/{}/{}", object["kind"], metadata["namespace"], metadata["name"]);
    (path, json!({"labels": metadata["labels"], "annotations": metadata["annotations"], "spec": object["spec"]}))
}

/// What `meshglot render` says of the cluster.
pub(crate) async fn rendered(cluster: &Cluster, backend: &str) -> Objects {
    let mut sources = Vec::new();
    for (api_version, kind) in WRITTEN {
        let list = cluster.api(api_version, kind, None).await.list(&ListParams::default()).await.expect("a list");
        for object in list {
            let mut value = serde_json::to_value(&object).expect("JSON");
            value["apiVersion"] = json!(api_version);
            value["kind"] = json!(kind);
            value["metadata"].as_object_mut().expect("an object").remove("managedFields");
            value.as_object_mut().expect("an object").remove("status");
            sources.push(Source::new("fresh", value.to_string()));
        }
    }
    let backend = meshglot_registry::find(backend).expect("a backend");
    let plan = Plan::of(&sources, Vec::new(), ReadOptions::default(), Chosen::These(vec![backend]), Default::default());
    plan.engines[0].1.rendered().bodies().iter().map(ours).collect()
}

/// What is there with our labels.
pub(crate) async fn live(cluster: &Cluster, backend: &str) -> Objects {
    let mut found = Objects::new();
    for kind in meshglot_registry::find(backend).expect("a backend").kinds() {
        let api = cluster.api(&format!("{}/{}", kind.group, kind.version), kind.kind, None).await;
        let list = api.list(&ListParams::default().labels("app.kubernetes.io/managed-by=meshglot")).await.expect("a list");
        for object in list {
            let mut value = serde_json::to_value(&object).expect("JSON");
            value["kind"] = json!(kind.kind);
            found.extend([ours(&value)]);
        }
    }
    found
}

/// Waits until what is there is what a fresh rendering gives, to a mesh whose definitions fill nothing in.
pub(crate) async fn converges(cluster: &Cluster, backend: &str) {
    let wanted = rendered(cluster, backend).await;
    let begin = std::time::Instant::now();
    until("as a fresh rendering", async || {
        let live = live(cluster, backend).await;
        assert!(live == wanted || begin.elapsed().as_secs() < 50, "{live:#?}\nwanted {wanted:#?}");
        live == wanted
    })
    .await;
}

/// Waits until all that a fresh rendering gives is there and nothing else is, each as it was written: what its definitions fill in the
/// digest does not tell.
pub(crate) async fn comes_whole(cluster: &Cluster, backend: &str) {
    let without_spec = |objects: Objects| {
        let marked = |(path, mut object): (String, Value)| {
            object["spec"] = Value::Null;
            (path, object)
        };
        objects.into_iter().map(marked).collect::<Objects>()
    };
    let wanted = without_spec(rendered(cluster, backend).await);
    until("as a fresh rendering", async || without_spec(live(cluster, backend).await) == wanted).await;
}
