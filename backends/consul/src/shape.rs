//! What lists and values of Consul's kinds mean when two objects are compared: by the rules with which consul-k8s itself
//! compares a resource with the config entry that Consul keeps.

use meshglot_translator::diff::{List, Scalar, Shape};

const SERVICE_INTENTIONS: Shape = Shape {
    lists: &[
        ("spec.sources", List::Keyed(&["name", "namespace", "partition", "peer", "samenessGroup"])),
        // The first that fits decides.
        ("spec.sources.*.permissions", List::Ordered(&[])),
        ("spec.sources.*.permissions.*.http.methods", List::Set),
        ("spec.sources.*.permissions.*.http.header", List::Set),
    ],
    defaults: &[],
    scalars: &[("spec.sources.*.permissions.*.http.header.*.name", Scalar::Lower)],
    // Consul works these out and writes them back.
    ignored: &[
        "spec.meta",
        "spec.sources.*.precedence",
        "spec.sources.*.type",
        "spec.sources.*.legacyID",
        "spec.sources.*.legacyMeta",
        "spec.sources.*.legacyCreateTime",
        "spec.sources.*.legacyUpdateTime",
    ],
};

const SERVICE_ROUTER: Shape = Shape {
    lists: &[
        ("spec.routes", List::Ordered(&[])),
        ("spec.routes.*.match.http.methods", List::Set),
        ("spec.routes.*.match.http.header", List::Set),
        ("spec.routes.*.match.http.queryParam", List::Set),
    ],
    defaults: &[],
    scalars: &[
        ("spec.routes.*.match.http.header.*.name", Scalar::Lower),
        ("spec.routes.*.destination.requestTimeout", Scalar::Duration),
        ("spec.routes.*.destination.idleTimeout", Scalar::Duration),
    ],
    ignored: &["spec.meta"],
};

const SERVICE_SPLITTER: Shape = Shape {
    lists: &[("spec.splits", List::Keyed(&["service", "serviceSubset", "namespace", "partition"]))],
    ignored: &["spec.meta"],
    ..Shape::PLAIN
};

const OTHER: Shape = Shape {
    scalars: &[("spec.connectTimeout", Scalar::Duration), ("spec.requestTimeout", Scalar::Duration)],
    ignored: &["spec.meta"],
    ..Shape::PLAIN
};

pub(crate) fn shape(kind: &str) -> Shape {
    match kind {
        "ServiceIntentions" => SERVICE_INTENTIONS,
        "ServiceRouter" => SERVICE_ROUTER,
        "ServiceSplitter" => SERVICE_SPLITTER,
        _ => OTHER,
    }
}
