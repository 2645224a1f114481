//! What the lists of xDS resources mean when two of them are compared.

use meshglot_translator::diff::{List, Scalar, Shape};

const NAMED: List = List::Keyed(&["name"]);
const NAMED_IN_ORDER: List = List::Ordered(&["name"]);

/// One table serves all resources: no two of them mean different things by one name.
pub(crate) const RESOURCE: Shape = Shape {
    lists: &[
        ("resource.virtual_hosts", NAMED),
        ("resource.virtual_hosts.*.domains", List::Set),
        // The first that fits decides.
        ("**.routes", NAMED_IN_ORDER),
        ("**.weighted_clusters.clusters", NAMED),
        ("**.match.headers", List::Set),
        ("resource.endpoints", List::Set),
        ("resource.endpoints.*.lb_endpoints", List::Set),
        ("resource.filter_chains", NAMED),
        ("**.filters", NAMED_IN_ORDER),
        ("**.http_filters", NAMED_IN_ORDER),
        ("**.listener_filters", NAMED_IN_ORDER),
        ("resource.transport_socket_matches", NAMED_IN_ORDER),
        // Permissions and principals are ORed, or ANDed, in any order.
        ("**.permissions", List::Set),
        ("**.principals", List::Set),
        ("**.and_rules.rules", List::Set),
        ("**.or_rules.rules", List::Set),
        ("**.and_ids.ids", List::Set),
        ("**.or_ids.ids", List::Set),
        ("**.match_typed_subject_alt_names", List::Set),
    ],
    scalars: &[("**.timeout", Scalar::Duration), ("**.connect_timeout", Scalar::Duration), ("**.stream_idle_timeout", Scalar::Duration)],
    ..Shape::PLAIN
};
