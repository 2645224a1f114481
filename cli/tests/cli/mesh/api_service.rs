//! The metrics API of SMI behind a real Kubernetes API server, which asks it as the `APIService` of docs/smi-metrics.md says.

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Request;
use kube::Client;
use meshglot_apiserver::{ApiServer, installed, shared};
use serde_json::{Value, json};

use super::envoy::application;
use super::machine::{REST, addresses, get, workload};
use super::running::{Running, folder, until};
use super::smi_metrics::{address, count};

/// The Service that stands for the mesh in the cluster.
const SERVICE: &str = "mesh-metrics";

/// Its namespace.
const NAMESPACE: &str = "smi-metrics";

/// A mesh whose API only the API server may ask.
fn mesh(folder: &Path, server: &ApiServer) -> (Running, u16) {
    let (client_ca, _) = server.aggregation();
    let client_ca = client_ca.to_str().expect("UTF-8").to_owned();
    let words = ["--proxy", "--smi-metrics", "127.0.0.1:0", "--smi-metrics-tls-cert", "tls.crt", "--smi-metrics-tls-key", "tls.key"];
    let mut mesh = Running::mesh(folder, &[&words[..], &["--smi-metrics-client-ca", &client_ca]].concat());
    let port = address(&mut mesh, "https").port();
    (mesh, port)
}

/// What the documentation has people apply, but for where the mesh is: on this machine.
fn registration(port: u16, ca: &str) -> [(&'static str, Value); 3] {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": SERVICE},
        "spec": {"type": "ExternalName", "externalName": "localhost"}});
    let api = json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1alpha1.metrics.smi-spec.io"},
        "spec": {"group": "metrics.smi-spec.io", "version": "v1alpha1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "caBundle": BASE64_STANDARD.encode(ca), "service": {"name": SERVICE, "namespace": NAMESPACE, "port": port}}});
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "traffic-metrics"},
        "rules": [{"apiGroups": ["metrics.smi-spec.io"], "resources": ["*"], "verbs": ["get", "list"]}]});
    [
        ("/api/v1/namespaces/smi-metrics/services", service),
        ("/apis/apiregistration.k8s.io/v1/apiservices", api),
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles", role),
    ]
}

async fn create(client: &Client, path: &str, object: &Value) {
    let request = Request::post(path).header("content-type", "application/json").body(object.to_string().into_bytes());
    client.request::<Value>(request.expect("a request")).await.expect("the API server takes it");
}

/// The service's numbers as somebody may ask the API server for them.
async fn asked(client: &Client, path: &str) -> Result<Value, kube::Error> {
    let request = Request::get(format!("/apis/metrics.smi-spec.io/v1alpha1/{path}")).body(Vec::new());
    client.request::<Value>(request.expect("a request")).await
}

#[test]
fn a_cluster_asks_it_for_whoever_may_ask() {
    if !installed() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(shared()).expect("a server");
    let [ledger, teller, _] = addresses(101);
    let text = workload("ledger", ledger, application("ledger")) + &workload("teller", teller, application("teller")) + REST;
    let own = rcgen::generate_simple_self_signed([format!("{SERVICE}.{NAMESPACE}.svc")]).expect("a certificate");
    let (certificate, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let folder = folder(&[("mesh.yaml", &text), ("tls.crt", &certificate), ("tls.key", &key)]);
    let (mesh, port) = mesh(folder.path(), server);
    until("teller reads its account", || get(teller, "/accounts/1") == Some(200));

    runtime.block_on(async {
        let admin = server.client().await.expect("a client");
        create(&admin, "/api/v1/namespaces", &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})).await;
        for (path, object) in registration(port, &certificate) {
            create(&admin, path, &object).await;
        }
        let once = server.access().client_that_asks_once(server.admin()).await.expect("a client");
        let end = Instant::now() + Duration::from_secs(60);
        let service = loop {
            match asked(&once, "namespaces/bank/services/ledger?window=10m").await {
                Ok(service) if count(&service, "success_count") > 0 => break service,
                other => assert!(Instant::now() < end, "it is never answered: {other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert_eq!((&service["kind"], &service["resource"]["name"]), (&json!("TrafficMetrics"), &json!("ledger")));

        // The cluster's own rules say who may ask.
        let reader = server.service_account(NAMESPACE, "reader").await.expect("an account");
        let reader_client = server.access().client_that_asks_once(&reader).await.expect("a client");
        let refused = asked(&reader_client, "namespaces/bank/services").await.expect_err("nobody has allowed it");
        assert!(matches!(&refused, kube::Error::Api(status) if status.code == 403), "{refused:?}");
        let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "traffic-metrics"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "traffic-metrics"},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": NAMESPACE}]});
        create(&admin, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", &binding).await;
        let end = Instant::now() + Duration::from_secs(30);
        while let Err(error) = asked(&reader_client, "namespaces/bank/services").await {
            assert!(Instant::now() < end, "a role lets it ask: {error:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    assert_eq!(mesh.end(), 0);
}
