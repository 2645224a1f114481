//! Access: a Service, its Deployment and its ServiceAccount for every two TrafficTargets, which have one to three
//! callers each. The first of the two refers to a group of its own, the second to one of twenty that all share.
//! Every tenth Service speaks TCP, and ports alone are what is allowed there.

use crate::shop::{Shop, document, group, service};

/// Groups that several accounts refer to.
const SHARED: usize = 20;

pub(crate) const ACCESS: Shop = Shop {
    counts: "Targets",
    sizes: &[666, 6_666, 20_000],
    only: None,
    text: |targets| text(targets, false),
    edit,
    // The account that is the first caller of the first target of the Service in the middle.
    call: Some(|targets| {
        let i = services(targets) / 20 * 10;
        (account(i * 2, 0, targets, 0), format!("svc-{i}"))
    }),
};

/// The same with an address for every Service: the outbound listener of the built-in mesh then has a chain for each of them.
pub(crate) const ADDRESSED: Shop = Shop {
    counts: "Targets, with addresses",
    sizes: &[666, 6_666, 20_000],
    only: Some("builtin"),
    text: |targets| text(targets, true),
    edit,
    call: None,
};

fn edit(n: usize, targets: usize) -> String {
    let mut text = String::new();
    // Not the callers that it had before.
    target(&mut text, n * 7 % targets, targets, n + 100);
    text
}

fn services(targets: usize) -> usize {
    targets.div_ceil(2)
}

fn text(targets: usize, addressed: bool) -> String {
    let mut text = String::new();
    document(&mut text, "specs.smi-spec.io/v1alpha4", "TCPRoute", "web", "spec:\n  matches:\n    ports: [80]\n");
    for i in 0..SHARED {
        group(&mut text, &format!("shared-{i}"), &matches(&format!("/shared/{i}"), 3));
    }
    for i in 0..services(targets) {
        let name = format!("svc-{i}");
        let address = addressed.then(|| format!("10.96.{}.{}", i / 250, i % 250 + 1));
        service(&mut text, &name, if is_tcp(i) { "tcp-data" } else { "http" }, address.as_deref());
        document(&mut text, "v1", "ServiceAccount", &name, "");
        deployment(&mut text, &name);
        group(&mut text, &format!("group-{i}"), &matches(&format!("/api/{i}"), 2 + i % 2));
    }
    for i in 0..targets {
        target(&mut text, i, targets, 0);
    }
    text
}

fn is_tcp(service: usize) -> bool {
    service % 10 == 9
}

fn deployment(text: &mut String, name: &str) {
    let labels = format!("app: {name}");
    let container = format!("- name: {name}\n        image: {name}:1\n        ports:\n        - containerPort: 8080\n");
    let template = format!(
        "metadata:\n      labels:\n        {labels}\n    spec:\n      serviceAccountName: {name}\n      containers:\n      {container}"
    );
    let body = format!("spec:\n  selector:\n    matchLabels:\n      {labels}\n  template:\n    {template}");
    document(text, "apps/v1", "Deployment", name, &body);
}

fn matches(path: &str, count: usize) -> String {
    let all = [
        format!("  - name: read\n    pathRegex: {path}\n    methods: [GET, HEAD]\n"),
        format!("  - name: status\n    pathRegex: {path}/status$\n    methods: [GET]\n"),
        format!("  - name: tenant\n    pathRegex: {path}/orders\n    methods: [POST]\n    headers:\n    - x-tenant: acme\n"),
    ];
    all[..count].concat()
}

/// The n-th caller of a target.
fn account(target: usize, n: usize, targets: usize, offset: usize) -> String {
    format!("svc-{}", (target * 3 + n * 17 + offset + 1) % services(targets))
}

fn target(text: &mut String, i: usize, targets: usize, offset: usize) {
    let destination = i / 2;
    let port_alone = "  - kind: TCPRoute\n    name: web\n";
    let rules = match (is_tcp(destination), i % 2) {
        (true, _) => port_alone.to_owned(),
        (false, 0) => format!("  - kind: HTTPRouteGroup\n    name: group-{destination}\n"),
        // Every fourth of them names the port too.
        (false, _) => {
            let port = if destination.is_multiple_of(4) { port_alone } else { "" };
            format!("{port}  - kind: HTTPRouteGroup\n    name: shared-{}\n    matches: [read, tenant]\n", destination % SHARED)
        }
    };
    let sources =
        (0..=i % 3).map(|n| format!("  - kind: ServiceAccount\n    name: {}\n    namespace: shop\n", account(i, n, targets, offset)));
    let sources: String = sources.collect();
    let body = format!(
        "spec:\n  destination:\n    kind: ServiceAccount\n    name: svc-{destination}\n    namespace: shop\n  rules:\n{rules}  sources:\n{sources}"
    );
    document(text, "access.smi-spec.io/v1alpha4", "TrafficTarget", &format!("target-{i}"), &body);
}
