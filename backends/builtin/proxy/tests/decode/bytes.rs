//! Resources from the form of goldens, as bytes and as what was read.

use std::path::Path;
use std::sync::LazyLock;

use meshglot_proxy::decode::{self, Refusal};
use meshglot_proxy::table::Names;
use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage};
use serde_json::Value;

/// Envoy's messages, whole: as the crate `envoy-types` has them, which a test of the control plane sees to.
fn pool() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xds/src/descriptors.bin");
        DescriptorPool::decode(std::fs::read(path).expect("descriptors").as_slice()).expect("descriptors")
    });
    &POOL
}

/// The documents of a stream `{@type, resource}`.
pub(crate) fn documents(yaml: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(yaml).expect("YAML");
    documents.into_iter().filter(|document| !document.is_null()).collect()
}

/// A document as a message.
pub(crate) fn message(document: &Value) -> DynamicMessage {
    let url = document["@type"].as_str().expect("a type");
    let name = url.strip_prefix("type.googleapis.com/").expect("a full name");
    let descriptor = pool().get_message_by_name(name).expect("a message of Envoy's");
    DynamicMessage::deserialize(descriptor, document["resource"].clone()).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// The message of an `Any`.
pub(crate) fn within(any: &DynamicMessage) -> DynamicMessage {
    let url = any.get_field_by_name("type_url").expect("a type").as_str().expect("a text").to_owned();
    let name = url.strip_prefix("type.googleapis.com/").expect("a full name");
    let value = any.get_field_by_name("value").expect("a value").as_bytes().expect("bytes").clone();
    DynamicMessage::decode(pool().get_message_by_name(name).expect(name), value).expect("a message")
}

/// What becomes of a document; what was read, as it prints itself.
pub(crate) fn read(document: &Value) -> Result<String, Refusal> {
    of(&message(document))
}

/// What becomes of a message.
pub(crate) fn of(message: &DynamicMessage) -> Result<String, Refusal> {
    of_bytes(message.descriptor().full_name(), &message.encode_to_vec())
}

/// What becomes of bytes of a type.
pub(crate) fn of_bytes(kind: &str, bytes: &[u8]) -> Result<String, Refusal> {
    let names = &mut Names::default();
    match kind {
        "envoy.config.cluster.v3.Cluster" => decode::cluster(bytes, names).map(|read| format!("{read:?}")),
        "envoy.config.endpoint.v3.ClusterLoadAssignment" => decode::assignment(bytes).map(|read| format!("{read:?}")),
        "envoy.config.listener.v3.Listener" => decode::listener(bytes, names).map(|read| format!("{read:?}")),
        "envoy.config.route.v3.RouteConfiguration" => decode::route_table(bytes, names).map(|read| format!("{read:?}")),
        other => panic!("{other} is no resource"),
    }
}
