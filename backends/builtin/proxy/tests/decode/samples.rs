//! Resources that use together whatever is understood.

use serde_json::Value;

use super::bytes::documents;

/// A sample by the name of its file.
pub(crate) fn of(name: &str) -> Value {
    let text = match name {
        "cluster" => include_str!("samples/cluster.yaml"),
        "direct" => include_str!("samples/direct.yaml"),
        "fixed" => include_str!("samples/fixed.yaml"),
        "assignment" => include_str!("samples/assignment.yaml"),
        "inbound" => include_str!("samples/inbound.yaml"),
        "outbound" => include_str!("samples/outbound.yaml"),
        "routes" => include_str!("samples/routes.yaml"),
        "inbound-routes" => include_str!("samples/inbound-routes.yaml"),
        other => panic!("no sample {other}"),
    };
    documents(text).remove(0)
}

/// All of them.
pub(crate) fn all() -> Vec<Value> {
    ["cluster", "direct", "fixed", "assignment", "inbound", "outbound", "routes", "inbound-routes"].map(of).into()
}

#[test]
fn every_sample_is_taken() {
    for sample in all() {
        let taken = super::bytes::read(&sample);
        assert!(taken.is_ok(), "{}: {taken:?}", sample["resource"]["name"]);
    }
}
