//! The controller as a Deployment, what leads to it, and what keeps one of its pods.

use serde_json::{Value, json};

use super::settings::{ANNOTATION, Settings};
use super::{NAME, inject, labels, metadata, plane};

/// Where it answers Prometheus and probes.
const METRICS: u16 = 9090;

/// Where it answers the API server.
const WEBHOOK: u16 = 9443;

/// Where it shows browsers what it knows: whoever may forward ports of the pod reaches it, and nobody else in the cluster.
const WEB: &str = "127.0.0.1:9080";

/// A number that belongs to nobody, as of images without a distribution.
const USER: u32 = 65532;

pub(super) fn of(settings: &Settings) -> Vec<Value> {
    let selector = json!({"app.kubernetes.io/name": NAME});
    let ports = json!([{"name": "metrics", "port": METRICS, "targetPort": "metrics"}]);
    let plane = settings.has_plane().then(|| plane::service(settings));
    let all = [
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": metadata(NAME, &settings.namespace),
            "spec": {"selector": selector, "ports": ports},
        }),
        json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata(NAME, &settings.namespace),
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": selector}},
        }),
        deployment(settings, &selector),
    ];
    plane.into_iter().chain(all).collect()
}

fn deployment(settings: &Settings, selector: &Value) -> Value {
    let mut metadata = metadata(NAME, &settings.namespace);
    metadata["annotations"] = json!({ANNOTATION: json!(settings).to_string()});
    let spread = json!([{
        "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector},
    }]);
    let annotations = json!({"prometheus.io/scrape": "true", "prometheus.io/port": METRICS.to_string()});
    let pod = json!({
        "serviceAccountName": NAME,
        "securityContext": {"runAsNonRoot": true, "runAsUser": USER, "runAsGroup": USER, "seccompProfile": {"type": "RuntimeDefault"}},
        // It ends within a second, and hands over first.
        "terminationGracePeriodSeconds": 10,
        "topologySpreadConstraints": spread,
        "containers": [container(settings)],
    });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
        "spec": {
            "replicas": settings.replicas,
            "selector": {"matchLabels": selector},
            // One that is ready is there at every moment.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {"metadata": {"labels": labels(), "annotations": annotations}, "spec": pod},
        },
    })
}

fn container(settings: &Settings) -> Value {
    let mut ports = vec![json!({"name": "metrics", "containerPort": METRICS})];
    if settings.webhook {
        ports.push(json!({"name": "webhook", "containerPort": WEBHOOK}));
    }
    if settings.has_plane() {
        ports.push(json!({"name": "xds", "containerPort": plane::PORT}));
    }
    let probe = |path: &str| json!({"httpGet": {"path": path, "port": "metrics"}});
    json!({
        "name": "controller",
        "image": settings.image,
        "imagePullPolicy": "IfNotPresent",
        "args": words(settings),
        "ports": ports,
        "livenessProbe": probe("/livez"),
        "readinessProbe": probe("/readyz"),
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]},
        },
    })
}

/// What it is told.
pub(super) fn words(settings: &Settings) -> Vec<String> {
    let mut words = vec!["controller".to_owned()];
    if let Some(backend) = &settings.backend {
        words.extend(["--backend".to_owned(), backend.clone()]);
    }
    if !settings.backends.is_empty() {
        words.push(format!("--backends={}", settings.backends.join(",")));
    }
    words.extend(["--lease-namespace".to_owned(), settings.namespace.clone()]);
    words.extend(["--metrics-address".to_owned(), format!("0.0.0.0:{METRICS}"), "--log-format=json".to_owned()]);
    if settings.webhook {
        words.extend(["--webhook-address".to_owned(), format!("0.0.0.0:{WEBHOOK}")]);
    }
    if settings.web {
        // Whatever port of the own machine it is forwarded from.
        let hosts = ["--web-host=localhost", "--web-host=127.0.0.1"];
        words.extend(["--web-address", WEB, "--web-auth=none"].into_iter().chain(hosts).map(str::to_owned));
    }
    if settings.has_plane() {
        words.extend(plane::words());
    }
    if settings.inject {
        words.extend(inject::words(settings));
    }
    for (flag, codes) in [("--allow-lossy", &settings.allow_lossy), ("--allow-widening", &settings.allow_widening)] {
        if !codes.is_empty() {
            words.push(format!("{flag}={}", codes.join(",")));
        }
    }
    words.extend(settings.more.iter().cloned());
    words
}
