//! A cluster whose webhook puts sidecars into pods, installed by one flag, and a namespace that asks for them.

use serde_json::Value;

use super::inject_site::with_images;
use super::site::Site;

/// The controller's own.
pub(super) const NAMESPACE: [&str; 2] = ["-n", "meshglot-system"];

/// What people apply, without a word of sidecars but the label of the namespace.
pub(super) const NAMESPACED: &str = "\
{apiVersion: v1, kind: Namespace, metadata: {name: bank, labels: {meshglot.dev/inject: enabled}}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: ledger, namespace: bank}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: teller, namespace: bank}}
---
{apiVersion: v1, kind: Service, metadata: {name: ledger, namespace: bank},
 spec: {selector: {app: ledger}, ports: [{name: http, port: 80, targetPort: web}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: books, namespace: bank},
 spec: {clusterIP: None, selector: {app: books}, ports: [{name: http, port: 8080, targetPort: web}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ledger, namespace: bank}
data:
  Corefile: |
    .:5353 {
      errors
      health :8080
    }
";

/// With one controller.
pub(super) fn up() -> Option<Site> {
    with_replicas("1")
}

pub(super) fn with_replicas(replicas: &str) -> Option<Site> {
    with_flags(replicas, &[])
}

/// With controllers that are told more than `install` says.
pub(super) fn with_flags(replicas: &str, flags: &[&str]) -> Option<Site> {
    let (site, _) = with_images()?;
    let images = ["--image", "meshglot:test", "--capture-image", "meshglot-capture:test", "-o", "json"];
    let words = [&["install", "--backend", "builtin", "--inject", "--web", "--replicas", replicas], &images[..]].concat();
    let mut objects: Value = serde_json::from_str(&site.meshglot(&words)).expect("JSON");
    let deployment =
        objects["items"].as_array_mut().expect("objects").iter_mut().find(|one| one["kind"] == "Deployment").expect("it is there");
    let args = deployment.pointer_mut("/spec/template/spec/containers/0/args").and_then(Value::as_array_mut).expect("arguments");
    args.extend(flags.iter().map(|flag| Value::from(*flag)));
    site.apply(&objects.to_string());
    rolled_out(&site, &NAMESPACE, "deployment/meshglot-controller");
    let trusted = ["get", "mutatingwebhookconfiguration", "meshglot", "-o", "jsonpath={.webhooks[0].clientConfig.caBundle}"];
    site.until("the API server trusts us", || !site.kubectl(&trusted).is_empty());
    Some(site)
}

pub(super) fn rolled_out(site: &Site, namespace: &[&str], what: &str) {
    site.kubectl(&[namespace, &["rollout", "status", what, "--timeout=120s"]].concat());
}

/// What makes pods: the kind, its name, the account, more of the pod's metadata and of its specification, and its container.
pub(super) fn workload([kind, name, account]: [&str; 3], labels: &str, spec: &str, container: &str) -> String {
    let more = if kind == "StatefulSet" { format!("  serviceName: {name}\n") } else { String::new() };
    format!(
        "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: bank}}\nspec:\n{more}  selector: {{matchLabels: {{app: {name}}}}}\n  \
         template:\n    metadata: {{labels: {{app: {name}{labels}}}}}\n    spec:\n      serviceAccountName: {account}\n      \
         terminationGracePeriodSeconds: 1\n{spec}      containers:\n      - name: main\n        {container}\n"
    )
}

pub(super) const SERVER: &str = "image: localhost/coredns:1\n        args: [-conf, /settings/Corefile]\n        \
    ports: [{name: web, containerPort: 8080}]\n        readinessProbe: {httpGet: {path: /health, port: web}, periodSeconds: 1}\n        \
    volumeMounts: [{name: settings, mountPath: /settings}]\n      volumes: [{name: settings, configMap: {name: ledger}}]";

pub(super) const TOOLS: &str = "image: localhost/tools:1\n        command: [/usr/bin/sleep, '86400']";
