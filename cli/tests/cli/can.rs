//! `can` where namespaces have meshes of their own.

use meshglot::capture;

/// The teller of the east may read the ledger of the west.
const POLICY: &str = "\
{apiVersion: v1, kind: Namespace, metadata: {name: east, labels: {mesh: east}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: west, labels: {mesh: west}}}
---
{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {name: east}, spec: {backend: EAST, namespaceSelector: {matchLabels: {mesh: east}}}}
---
{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {name: west}, spec: {backend: linkerd, namespaceSelector: {matchLabels: {mesh: west}}}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: teller, namespace: east}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: ledger, namespace: west}}
---
{apiVersion: v1, kind: Service, metadata: {name: ledger, namespace: west}, spec: {selector: {app: ledger}, ports: [{name: http, port: 80}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: ledger, namespace: west},
 spec: {selector: {matchLabels: {app: ledger}}, template: {metadata: {labels: {app: ledger}},
  spec: {serviceAccountName: ledger, containers: [{name: main, image: ledger, ports: [{name: http, containerPort: 80}]}]}}}}
---
{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: ledger, namespace: west},
 spec: {destination: {kind: ServiceAccount, name: ledger}, sources: [{kind: ServiceAccount, name: teller, namespace: east}],
  rules: [{kind: HTTPRouteGroup, name: ledger}]}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: ledger, namespace: west},
 spec: {matches: [{name: read, methods: [GET], pathRegex: /health}]}}
";

fn can(east: &str, method: &str) -> (u8, String) {
    let words = ["can", "sa/east/teller", method, "http://ledger.west/health", "-f", "-", "-q"];
    let said = capture(&words, POLICY.replace("EAST", east).as_bytes());
    (said.exit, said.stdout)
}

#[test]
fn a_mesh_that_the_called_is_not_in_decides_nothing() {
    for east in ["istio", "consul", "builtin", "linkerd"] {
        let (exit, said) = can(east, "GET");
        assert!(exit == 0 && said.contains("4 rendered  neutral allow · linkerd allow\n"), "{east}: {exit} {said}");
        let (exit, said) = can(east, "PUT");
        assert!(exit == 1 && said.contains("4 rendered  neutral deny · linkerd deny\n"), "{east}: {exit} {said}");
    }
}
