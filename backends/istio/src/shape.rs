//! What lists and values of Istio's kinds mean when two objects are compared: by the references of VirtualService and
//! AuthorizationPolicy. Istio's CRDs declare no defaults; those of istiod at run time are no part of an object.

use meshglot_translator::diff::{List, Scalar, Shape};

const DESTINATION: List = List::Keyed(&["destination.host", "destination.subset", "destination.port.number"]);

const VIRTUAL_SERVICE: Shape = Shape {
    lists: &[
        ("spec.hosts", List::Set),
        ("spec.gateways", List::Set),
        ("spec.exportTo", List::Set),
        ("spec.http", List::Ordered(&["name"])),
        // One of them is enough.
        ("spec.http.*.match", List::Set),
        ("spec.http.*.route", DESTINATION),
        ("spec.tcp.*.match", List::Set),
        ("spec.tcp.*.route", DESTINATION),
        ("spec.tls.*.match", List::Set),
        ("spec.tls.*.route", DESTINATION),
    ],
    defaults: &[],
    scalars: &[
        ("spec.hosts.*", Scalar::Host),
        ("**.destination.host", Scalar::Host),
        ("spec.http.*.timeout", Scalar::Duration),
        ("spec.http.*.retries.perTryTimeout", Scalar::Duration),
    ],
    ignored: &[],
};

const AUTHORIZATION_POLICY: Shape = Shape {
    lists: &[
        ("spec.rules", List::Set),
        ("spec.rules.*.from", List::Set),
        ("spec.rules.*.from.*.source.*", List::Set),
        ("spec.rules.*.to", List::Set),
        ("spec.rules.*.to.*.operation.*", List::Set),
        ("spec.rules.*.when", List::Set),
        ("spec.rules.*.when.*.*", List::Set),
    ],
    ..Shape::PLAIN
};

pub(crate) fn shape(kind: &str) -> Shape {
    match kind {
        "VirtualService" => VIRTUAL_SERVICE,
        "AuthorizationPolicy" => AUTHORIZATION_POLICY,
        _ => Shape::PLAIN,
    }
}
