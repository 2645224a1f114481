//! Splits: per split one root Service, one group of five matches, two of a hundred backends.

use crate::shop::{Shop, document, group, service};

pub(crate) const SPLITS: Shop = Shop {
    counts: "Splits",
    sizes: &[333, 3_333, 10_000, 33_333],
    only: None,
    text,
    edit: |n, splits| {
        let mut text = String::new();
        split(&mut text, n * 7 % splits, splits, 50 + n);
        text
    },
    call: None,
};

fn text(splits: usize) -> String {
    let mut text = String::new();
    for i in 0..backends(splits) {
        service(&mut text, &format!("backend-{i}"), "http", None);
    }
    for i in 0..splits {
        service(&mut text, &format!("root-{i}"), "http", None);
        group(&mut text, &format!("group-{i}"), &matches(i));
        split(&mut text, i, splits, 90);
    }
    text
}

fn backends(splits: usize) -> usize {
    100.min(splits.max(2))
}

fn split(text: &mut String, i: usize, splits: usize, weight: usize) {
    let (first, second) = (i % backends(splits), (i + 1) % backends(splits));
    let body = format!(
        "spec:\n  service: root-{i}\n  matches:\n  - kind: HTTPRouteGroup\n    name: group-{i}\n  backends:\n  - service: backend-{first}\n    weight: {weight}\n  - service: backend-{second}\n    weight: 10\n"
    );
    document(text, "split.smi-spec.io/v1alpha4", "TrafficSplit", &format!("split-{i}"), &body);
}

fn matches(i: usize) -> String {
    [
        &*format!("  - name: read\n    pathRegex: /api/{i}\n    methods: [GET, HEAD]\n"),
        "  - name: item\n    pathRegex: /items/[0-9]+$\n    methods: [GET]\n",
        "  - name: beta\n    headers:\n    - cookie: \".*beta=yes.*\"\n",
        "  - name: exact\n    pathRegex: /health$\n",
        "  - name: tenant\n    pathRegex: /t/\n    headers:\n    - x-tenant: acme|globex\n",
    ]
    .concat()
}
