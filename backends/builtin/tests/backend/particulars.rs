//! What the worked examples leave out: losses, other protocols, headless Services, and who has a proxy.

use serde_json::{Value, json};
use test_case::test_case;

use crate::resources::{GROUP, Resources, SHARED, deployment, sans, services};

/// A split of `root` to `a` and `b`, with the fields of `spec` before its backends.
fn split(root: &str, spec: &str, weights: [u64; 2]) -> String {
    let [a, b] = weights;
    format!(
        "{{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {{name: split, namespace: shop}}, spec: {{service: \
         {root}, {spec} backends: [{{service: a, weight: {a}}}, {{service: b, weight: {b}}}]}}}}"
    )
}

fn group(matches: usize) -> String {
    let matches: Vec<String> = (0..matches).map(|index| format!("{{name: m{index}, pathRegex: /{index}}}")).collect();
    format!(
        "{{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {{name: group, namespace: shop}}, spec: {{matches: \
         [{}]}}}}",
        matches.join(", ")
    )
}

const MATCHES: &str = "matches: [{kind: HTTPRouteGroup, name: group}],";
const HTTP: &str = "{name: http, port: 80}";
const ALL: &[(&str, &str)] = &[("a", "10.96.0.1"), ("b", "10.96.0.2"), ("root", "10.96.0.3")];

fn destination(resources: &Resources) -> Value {
    let config = resources.get(SHARED, "RouteConfiguration", "shop/root/80");
    config["virtual_hosts"][0]["routes"][1]["route"]["cluster"].clone()
}

#[test_case(511, &[], json!(null) ; "with the catch-all as many as there may be")]
#[test_case(512, &["MG1410"], json!("shop/root/80") ; "one more")]
fn routes_of_a_port(matches: usize, losses: &[&str], first: Value) {
    let resources = Resources::of(&[&group(matches), &split("root", MATCHES, [1, 1]), &services(HTTP, ALL)]);
    assert_eq!((resources.codes(), destination(&resources)), (losses.iter().map(|code| (*code).to_owned()).collect(), first));
}

#[test]
fn matches_on_a_tcp_port_are_refused() {
    let resources = Resources::of(&[&group(1), &split("root", MATCHES, [1, 1]), &services("{name: tcp, port: 80}", ALL)]);
    assert_eq!(resources.codes(), ["MG1413"]);
    assert!(resources.find(SHARED, "RouteConfiguration", "shop/root/80").is_none());
}

#[test_case([4_294_967_295, 1], &["MG1401"] ; "scaled")]
#[test_case([4_294_967_294, 1], &[] ; "the largest sum")]
#[test_case([4_294_967_294, 2], &[] ; "divided without a loss")]
fn weights_fit_32_bits(weights: [u64; 2], losses: &[&str]) {
    let resources = Resources::of(&[&split("root", "", weights), &services(HTTP, ALL)]);
    assert_eq!(resources.codes(), losses);
    let config = resources.get(SHARED, "RouteConfiguration", "shop/root/80");
    let clusters = &config["virtual_hosts"][0]["routes"][1]["route"]["weighted_clusters"]["clusters"];
    let sum: u64 = clusters.as_array().into_iter().flatten().filter_map(|cluster| cluster["weight"].as_u64()).sum();
    assert!((1..=4_294_967_295).contains(&sum), "{clusters}");
    assert!(clusters[1]["weight"].as_u64() > Some(0), "a canary never vanishes");
}

#[test]
fn one_address_of_two_services_is_the_first_ones() {
    let shared = services(HTTP, &[("b", "10.96.0.1"), ("a", "10.96.0.1")]);
    let resources = Resources::of(&[&shared, &deployment("web"), &deployment("other")]);
    assert_eq!(resources.codes(), ["MG1406"]);
    let chains = &resources.get(GROUP, "Listener", "outbound")["filter_chains"];
    assert_eq!((chains[0]["name"].as_str(), chains[1].is_null()), (Some("shop/a/80"), true));
}

#[test]
fn headless_root_is_not_split_but_a_headless_share_is_chosen() {
    let resources = Resources::of(&[&split("a", "", [1, 1]), &services(HTTP, &[("a", "None"), ("b", "None")])]);
    assert_eq!(resources.codes(), ["MG1408"]);
    let type_of = |name: &str| resources.get(SHARED, "Cluster", name)["type"].clone();
    assert_eq!(
        (type_of("shop/a/80"), type_of("shop/b/80"), type_of("shop/b/80~endpoints")),
        ("ORIGINAL_DST".into(), "ORIGINAL_DST".into(), "EDS".into())
    );

    let resources =
        Resources::of(&[&split("root", "", [1, 1]), &services(HTTP, &[("root", "10.96.0.1"), ("a", "10.96.0.2"), ("b", "None")])]);
    let config = resources.get(SHARED, "RouteConfiguration", "shop/root/80");
    assert_eq!(config["virtual_hosts"][0]["routes"][1]["route"]["weighted_clusters"]["clusters"][1]["name"], "shop/b/80~endpoints");
}

#[test]
fn share_of_an_alias_is_told() {
    let alias = "{apiVersion: v1, kind: Service, metadata: {name: b, namespace: shop}, spec: {type: ExternalName, externalName: \
                 example.org, ports: [{port: 80}]}}";
    let resources = Resources::of(&[&split("root", "", [1, 1]), alias, &services(HTTP, &[("a", ""), ("root", "")])]);
    assert_eq!(resources.codes(), ["MG1414"]);
}

#[test]
fn undeclared_port_has_two_sides() {
    let resources = Resources::of(&[&split("root", "", [1, 1]), &services("{port: 80}", ALL), &deployment("root")]);
    for name in ["shop/a/80", "shop/a/80~tcp"] {
        assert!(resources.find(SHARED, "Cluster", name).is_some() && resources.find(SHARED, "ClusterLoadAssignment", name).is_some());
    }
    let chains = resources.get(GROUP, "Listener", "outbound")["filter_chains"].as_array().cloned().unwrap_or_default();
    let names: Vec<_> = chains.iter().filter_map(|chain| chain["name"].as_str()).collect();
    assert_eq!(names, ["shop/a/80", "shop/a/80~tcp", "shop/b/80", "shop/b/80~tcp", "shop/root/80", "shop/root/80~tcp"]);
    let shares = &chains[5]["filters"][0]["typed_config"]["weighted_clusters"]["clusters"];
    assert_eq!((&shares[0]["name"], &shares[1]["name"]), (&json!("shop/a/80~tcp"), &json!("shop/b/80~tcp")));
    assert_eq!(inbound_chains(&resources, "shop/root"), ["80/mtls", "80/mtls-tcp", "80/plain", "80/plain-tcp", "80/tls-tcp"]);

    // A rule that looks at requests decides what the port is.
    let resources = Resources::of(&[&group(1), &split("root", MATCHES, [1, 1]), &services("{port: 80}", ALL), &deployment("root")]);
    assert!(resources.find(SHARED, "Cluster", "shop/root/80~tcp").is_none());
    assert_eq!(inbound_chains(&resources, "shop/root"), ["80/mtls", "80/plain", "80/tls"]);
}

#[test]
fn rules_leave_what_inspects_connections_alone() {
    let by_matches = [group(1), split("root", MATCHES, [1, 1])].join("\n---\n");
    let target = "{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {name: some, namespace: shop}, spec: {destination: \
                  {kind: ServiceAccount, name: root}, rules: [{kind: HTTPRouteGroup, name: group}], sources: [{kind: ServiceAccount, name: \
                  a}]}}";
    let filters = |policy: &str| {
        let resources = Resources::of(&[policy, &services("{port: 80}", ALL), &deployment("root")]);
        [("shop/root", "inbound"), (GROUP, "outbound")].map(|(of, name)| resources.get(of, "Listener", name)["listener_filters"].clone())
    };
    let none = filters(&group(1));
    assert_eq!(filters(&by_matches), none, "a split by matches");
    assert_eq!(filters(&format!("{}\n---\n{target}", group(1))), none, "access by matches");
}

#[test]
fn the_protocol_of_requests_is_seen_and_not_agreed_on() {
    let resources = Resources::of(&[&services(HTTP, ALL), &deployment("root")]);
    let chain = &resources.get("shop/root", "Listener", "inbound")["filter_chains"][0];
    assert_eq!(chain["filter_chain_match"]["application_protocols"], json!(["meshglot"]));
    // Envoy would read HTTP/1.1 from then on, and no call of gRPC would come through.
    let known = &chain["transport_socket"]["typed_config"]["common_tls_context"]["alpn_protocols"];
    assert!(!known.as_array().is_some_and(|known| known.contains(&json!("meshglot"))), "{known}");
}

fn inbound_chains(resources: &Resources, workload: &str) -> Vec<String> {
    let chains = resources.get(workload, "Listener", "inbound")["filter_chains"].as_array();
    chains.into_iter().flatten().filter_map(|chain| chain["name"].as_str().map(str::to_owned)).collect()
}

#[test_case("", "", true ; "a namespace of the mesh")]
#[test_case("disabled", "", false ; "the namespace says no")]
#[test_case("disabled", "enabled", true ; "the pod wins")]
#[test_case("", "disabled", false ; "the pod says no")]
fn who_has_a_proxy(namespace: &str, pod: &str, want: bool) {
    let slice = "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: a, namespace: shop, labels: \
                 {kubernetes.io/service-name: a}}, ports: [{name: http, port: 80}], endpoints: [{addresses: [10.1.0.4], targetRef: {kind: \
                 Pod, name: a-5d9c-x7x2p}}]}";
    let labelled = |word: &str| if word.is_empty() { String::new() } else { format!("meshglot.dev/inject: {word}") };
    let shop = format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: shop, labels: {{{}}}}}}}", labelled(namespace));
    let pods = deployment("a").replace("labels: {app: a", &format!("labels: {{app: a, {}", labelled(pod)));
    let resources = Resources::of(&[&shop, slice, &pods, &services(HTTP, &[("a", "10.96.0.1")])]);

    let endpoint = &resources.get(SHARED, "ClusterLoadAssignment", "shop/a/80")["endpoints"][0]["lb_endpoints"][0];
    let mtls = endpoint["metadata"]["filter_metadata"]["envoy.transport_socket_match"]["mtls"].as_bool();
    assert_eq!(mtls.unwrap_or_default(), want);
    assert_eq!(resources.find("shop/a", "Listener", "inbound").is_some(), want);
    let cluster = resources.get(SHARED, "Cluster", "shop/a/80");
    let account = if want { "spiffe://cluster.local/ns/shop/sa/a" } else { "spiffe://cluster.local/none" };
    assert_eq!(sans(&cluster["transport_socket_matches"][0]["transport_socket"]), [account]);
}

#[test]
fn workloads_of_one_name_are_told_apart() {
    let resources = Resources::of(&[&deployment("a"), &deployment("a").replace("Deployment", "StatefulSet")]);
    for workload in ["shop/a", "shop/a~StatefulSet"] {
        assert!(resources.find(workload, "Listener", "inbound").is_some());
    }
}
