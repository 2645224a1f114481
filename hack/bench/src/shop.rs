//! A shop of any size: per split one root Service, one group of five matches, two of a hundred backends.

use std::fmt::Write as _;

/// The text of a shop, as one file.
pub(crate) fn text(splits: usize) -> String {
    let mut text = String::new();
    for i in 0..100.min(splits.max(2)) {
        service(&mut text, &format!("backend-{i}"));
    }
    for i in 0..splits {
        service(&mut text, &format!("root-{i}"));
        group(&mut text, i);
        text += &split(i, splits, 90);
    }
    text
}

/// One TrafficSplit as a document.
pub(crate) fn split(i: usize, splits: usize, weight: u32) -> String {
    let backends = 100.min(splits.max(2));
    let (first, second) = (i % backends, (i + 1) % backends);
    format!(
        "---\napiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\nmetadata:\n  name: split-{i}\n  namespace: shop\nspec:\n  service: root-{i}\n  matches:\n  - kind: HTTPRouteGroup\n    name: group-{i}\n  backends:\n  - service: backend-{first}\n    weight: {weight}\n  - service: backend-{second}\n    weight: 10\n"
    )
}

fn service(text: &mut String, name: &str) {
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: shop\nspec:\n  selector:\n    app: {name}\n  ports:\n  - name: http\n    port: 80\n    targetPort: 8080\n"
    );
}

fn group(text: &mut String, i: usize) {
    let _ = write!(
        text,
        "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata:\n  name: group-{i}\n  namespace: shop\nspec:\n  matches:\n"
    );
    let _ = write!(text, "  - name: read\n    pathRegex: /api/{i}\n    methods: [GET, HEAD]\n");
    let _ = write!(text, "  - name: item\n    pathRegex: /items/[0-9]+$\n    methods: [GET]\n");
    let _ = write!(text, "  - name: beta\n    headers:\n    - cookie: \".*beta=yes.*\"\n");
    let _ = write!(text, "  - name: exact\n    pathRegex: /health$\n");
    let _ = write!(text, "  - name: tenant\n    pathRegex: /t/\n    headers:\n    - x-tenant: acme|globex\n");
}
