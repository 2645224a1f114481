//! A cluster with the sample application, a real Prometheus that scrapes its sidecars, and a real Flagger that asks it.

use std::path::Path;

use meshglot::capture;
use meshglot_apiserver::{crds, peer};
use serde_json::json;

use super::sidecar_site::{rolled_out, up};
use super::site::Site;

/// Where they run.
const NAMESPACE: &str = "progressive";

/// What the repository ships for a Prometheus in a cluster.
const SCRAPES: &str = include_str!("../../../../config/monitoring/prometheus.yaml");

/// `None`: a peer is missing, which one line says.
pub(super) fn site() -> Option<Site> {
    let (definitions, flagger, prometheus) = (crds()?.join("flagger"), peer("flagger")?, peer("prometheus")?);
    let site = up()?;
    for (name, program) in [("flagger", &flagger), ("prometheus", &prometheus)] {
        site.node.image_with(&format!("localhost/{name}:1"), Path::new(program), &[]).expect("an image");
    }
    site.kubectl(&["apply", "--server-side", "-f", &definitions.display().to_string()]);
    // What is asked for often is seen soon.
    let scrapes = json!({"prometheus.yml": SCRAPES.replace("scrape_interval: 5s", "scrape_interval: 1s")});
    site.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}).to_string());
    site.apply(
        &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "prometheus", "namespace": NAMESPACE}, "data": scrapes})
            .to_string(),
    );
    let subjects = json!([{"kind": "ServiceAccount", "name": "default", "namespace": NAMESPACE}]);
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"});
    site.apply(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": NAMESPACE}, "subjects": subjects, "roleRef": role}).to_string());
    site.apply(&deployment("prometheus", &["--config.file=/settings/prometheus.yml", "--storage.tsdb.path=/data"]));
    let ports = json!([{"port": 9090}]);
    site.apply(&json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "prometheus", "namespace": NAMESPACE}, "spec": {"selector": {"app": "prometheus"}, "ports": ports}}).to_string());
    rolled_out(&site, &["-n", NAMESPACE], "deployment/prometheus");
    let server = format!("-metrics-server=http://prometheus.{NAMESPACE}:9090");
    site.apply(&deployment(
        "flagger",
        &[&server, "-control-loop-interval=500ms", "-namespace=bookshop", "-mesh-provider=smi:v1alpha3:meshglot"],
    ));
    rolled_out(&site, &["-n", NAMESPACE], "deployment/flagger");
    bookshop(&site);
    Some(site)
}

/// The sample application, counted under Istio's names, with the mistake of the demo mended.
fn bookshop(site: &Site) {
    let printed = capture(&["demo", "--manifests", "--image", "meshglot:test"], b"");
    assert_eq!(printed.exit, 0, "{}", printed.stderr);
    let counted = "    metadata: {annotations: {meshglot.dev/metric-names: istio}, labels: {app: ratings}}";
    let manifests = printed.stdout.replace("[PUT]", "[GET]").replace("    metadata: {labels: {app: ratings}}", counted);
    assert!(manifests.contains(counted) && !manifests.contains("PUT"));
    site.apply(&manifests);
    for name in super::sample::DEPLOYMENTS {
        rolled_out(site, &["-n", "bookshop"], &format!("deployment/{name}"));
    }
}

/// One pod of a program whose image is named like it.
fn deployment(name: &str, words: &[&str]) -> String {
    let labels = json!({"app": name});
    let container = json!({
        "name": name, "image": format!("localhost/{name}:1"), "args": words,
        "volumeMounts": [{"name": "settings", "mountPath": "/settings"}, {"name": "data", "mountPath": "/data"}],
    });
    let volumes = json!([{"name": "settings", "configMap": {"name": "prometheus"}}, {"name": "data", "emptyDir": {}}]);
    let spec = json!({"terminationGracePeriodSeconds": 1, "containers": [container], "volumes": volumes});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    })
    .to_string()
}

/// What Flagger said last.
pub(super) fn said(site: &Site) -> String {
    site.kubectl(&["-n", NAMESPACE, "logs", "deployment/flagger", "--tail=12"])
}
