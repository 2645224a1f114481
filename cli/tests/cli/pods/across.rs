//! Two Meshes whose pods call each other, with one trust domain and with two.

use super::sidecar_site::{rolled_out, up};
use super::site::Site;

/// A Deployment with an account of its own.
fn deployment(namespace: &str, name: &str, container: &str) -> String {
    format!(
        "---\n{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {name}, namespace: {namespace}}}}}\n---\n\
         {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: {namespace}}},\n \
         spec: {{selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{\n  \
         serviceAccountName: {name}, terminationGracePeriodSeconds: 1, {container}}}}}}}}}\n"
    )
}

/// One that answers, and its Service.
fn server(namespace: &str, name: &str) -> String {
    let container = "volumes: [{name: settings, configMap: {name: server}}],\n  containers: [{name: main, image: localhost/coredns:1,
    args: [-conf, /settings/Corefile], volumeMounts: [{name: settings, mountPath: /settings}], ports: [{name: web, containerPort: 8080}],
    readinessProbe: {httpGet: {path: /health, port: web}, periodSeconds: 1}}]";
    format!(
        "{}---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: server, namespace: {namespace}}}, data: {{Corefile: \".:5353 {{\\n  \
         errors\\n  health :8080\\n}}\\n\"}}}}\n{}",
        deployment(namespace, name, container),
        service(namespace, name, name)
    )
}

fn service(namespace: &str, name: &str, app: &str) -> String {
    format!(
        "---\n{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: {namespace}}},\n \
         spec: {{selector: {{app: {app}}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}}}\n"
    )
}

fn caller(namespace: &str, name: &str) -> String {
    deployment(namespace, name, "containers: [{name: main, image: localhost/tools:1, command: [/usr/bin/sleep, '86400']}]")
}

/// A namespace with sidecars, and its Mesh.
fn mesh(name: &str, inject: &str) -> String {
    format!(
        "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{meshglot.dev/inject: {inject}, mesh: {name}}}}}}}\n---\n\
         {{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {{name: {name}}},\n \
         spec: {{backend: builtin, namespaceSelector: {{matchLabels: {{mesh: {name}}}}}}}}}\n"
    )
}

/// The teller of the east and the clerk of the west may read the ledger of the west, and its books are one more name for that.
const POLICY: &str = "\
---
{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: ledger, namespace: west},
 spec: {destination: {kind: ServiceAccount, name: ledger}, sources: [{kind: ServiceAccount, name: teller, namespace: east}, {kind: ServiceAccount, name: clerk}],
  rules: [{kind: HTTPRouteGroup, name: ledger}]}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: ledger, namespace: west},
 spec: {matches: [{name: read, methods: [GET], pathRegex: /health}]}}
";

/// Everybody who calls the books is sent there.
fn split(to: &str) -> String {
    format!(
        "{{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {{name: books, namespace: west}},\n \
         spec: {{service: books, backends: [{{service: {to}, weight: 1}}]}}}}\n"
    )
}

/// What somebody is answered.
fn status(site: &Site, [namespace, from]: [&str; 2], url: &str) -> String {
    let exec = ["-n", namespace, "exec", &format!("deployment/{from}"), "-c", "main", "--", "/usr/bin/curl", "-s", "-m", "10"];
    site.try_kubectl(&[&exec[..], &["-o", "/dev/null", "-w", "%{http_code}", url]].concat())
}

/// What gives a Mesh another trust domain; `null`: none of its own.
fn domain(name: &str) -> String {
    format!(r#"{{"spec": {{"trustDomain": {name}}}}}"#)
}

const LEDGER: &str = "http://ledger.west/health";
const TELLER: [&str; 2] = ["east", "teller"];

#[test]
fn two_meshes_call_each_other_where_they_have_one_trust_domain() {
    let Some(site) = up() else { return };
    let plain = "{apiVersion: v1, kind: Namespace, metadata: {name: plain}}\n";
    site.apply(&[plain.to_owned(), mesh("east", "enabled"), mesh("west", "enabled")].concat());
    let all = [
        caller("east", "teller"),
        caller("east", "stranger"),
        caller("west", "clerk"),
        caller("plain", "plain"),
        server("east", "shop"),
        server("west", "ledger"),
    ];
    site.apply(
        &[&all.concat(), &service("west", "books", "ledger"), &service("west", "nobody", "nobody"), POLICY, "---\n", &split("ledger")]
            .concat(),
    );
    for (namespace, name) in
        [("east", "teller"), ("east", "stranger"), ("east", "shop"), ("west", "clerk"), ("west", "ledger"), ("plain", "plain")]
    {
        rolled_out(&site, &["-n", namespace], &format!("deployment/{name}"));
    }
    // By identity, across the Meshes; and so is a split, which the caller's proxy decides.
    site.until("the teller reads the ledger", || status(&site, TELLER, LEDGER) == "200");
    assert_eq!(status(&site, ["east", "stranger"], LEDGER), "403");
    assert_ne!(status(&site, ["plain", "plain"], LEDGER), "200");
    site.until("the books are the ledger", || status(&site, TELLER, "http://books.west/health") == "200");
    site.apply(&split("nobody"));
    site.until("the books are nobody's", || status(&site, TELLER, "http://books.west/health") == "503");

    // Another trust domain: the second Mesh does not get it, and nobody of the one is let in to the other. Within each all goes on.
    let conditions = || site.kubectl(&["get", "meshes", "west", "-o", "jsonpath={.status.conditions[*].message}"]);
    let rule = ["-n", "west", "get", "traffictarget", "ledger", "-o", "jsonpath={.status.conditions[*].message}"];
    for _ in 0..2 {
        site.kubectl(&["patch", "meshes", "west", "--type=merge", "-p", &domain("\"west.example\"")]);
        site.until("the Mesh says why", || {
            conditions().contains("backend `builtin` has the trust domain `cluster.local` of Mesh/east already")
        });
        site.until("the rule says why", || site.kubectl(&rule).contains("MG0115"));
        site.until("the teller is nobody there", || status(&site, TELLER, LEDGER) != "200");
        for _ in 0..20 {
            assert_ne!(status(&site, TELLER, LEDGER), "200", "it stays so");
            assert_eq!(status(&site, TELLER, "http://shop.east/health"), "200", "the east goes on");
            assert_eq!(status(&site, ["west", "clerk"], LEDGER), "200", "and so does the west");
        }
        // Mended, all is as before, and nobody has to be started again.
        site.kubectl(&["patch", "meshes", "west", "--type=merge", "-p", &domain("null")]);
        site.until("the teller reads the ledger again", || status(&site, TELLER, LEDGER) == "200");
        assert_eq!(status(&site, ["east", "stranger"], LEDGER), "403");
    }
    let restarts = site.kubectl(&["-n", "west", "get", "pods", "-o", "jsonpath={.items[*].status.initContainerStatuses[*].restartCount}"]);
    assert_eq!(restarts, "0 0 0 0", "of the captures and of the sidecars");
    the_first_one_is_another(&site);
}

/// The first Mesh says another trust domain than the authority has: what is in force stays, and controllers that begin meanwhile neither end
/// nor sign for somebody else.
fn the_first_one_is_another(site: &Site) {
    let controllers = |words: &[&str]| site.try_kubectl(&[&["-n", "meshglot-system"], words].concat());
    site.kubectl(&["patch", "meshes", "east", "--type=merge", "-p", &domain("\"east.example\"")]);
    let why = "the Mesh says trust domain east.example, and the control plane signs for cluster.local";
    let conditions = || site.kubectl(&["get", "meshes", "east", "-o", "jsonpath={.status.conditions[*].message}"]);
    site.until("the Mesh says why", || conditions().contains(why));
    controllers(&["delete", "pods", "--all"]);
    site.until("those that come say so, too", || controllers(&["logs", "deployment/meshglot-controller"]).contains(why));
    for _ in 0..20 {
        assert_eq!(status(site, TELLER, LEDGER), "200", "what is in force stays");
        assert_eq!(status(site, ["east", "stranger"], LEDGER), "403");
    }
    let restarts = ["get", "pods", "-o", "jsonpath={.items[*].status.containerStatuses[*].restartCount}"];
    assert!(controllers(&restarts).split(' ').all(|count| count == "0"), "{}", controllers(&["get", "pods"]));

    // Taken back, it is as if nothing had been, for new pods as well.
    site.kubectl(&["patch", "meshes", "east", "--type=merge", "-p", &domain("null")]);
    rolled_out(site, &["-n", "meshglot-system"], "deployment/meshglot-controller");
    site.kubectl(&["-n", "east", "rollout", "restart", "deployment/teller"]);
    rolled_out(site, &["-n", "east"], "deployment/teller");
    site.until("a new teller reads the ledger", || status(site, TELLER, LEDGER) == "200");
}
