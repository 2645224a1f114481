//! Resources from the form of goldens, as bytes and as what was read.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use meshglot_proxy::decode::{self, Refusal};
use meshglot_proxy::table::Names;
use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage};
use serde_json::Value;

/// What no resource says yet, and therefore none of the control plane's descriptors describes.
const TRACING: &str = "envoy/config/trace/v3/opentelemetry.proto";
/// Files that describe options of other files alone: nothing of a message stands in them.
const OPTIONS: [&str; 5] = ["validate/", "udpa/annotations/", "xds/annotations/", "envoy/annotations/", "google/protobuf/descriptor.proto"];

/// Envoy's messages, whole: as the crate `envoy-types` has them, which a test of the control plane sees to.
fn pool() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xds/src/descriptors.bin");
        let mut pool = DescriptorPool::decode(std::fs::read(path).expect("descriptors").as_slice()).expect("descriptors");
        let folders = std::fs::read_dir(sources()).expect("sources of the API");
        let includes: Vec<PathBuf> = folders.map(|entry| entry.expect("an entry").path()).collect();
        let mut files = protox::compile([TRACING], &includes).expect("Envoy's API").file;
        files.retain(|file| pool.get_file_by_name(file.name()).is_none() && !is_option(file.name()));
        for file in &mut files {
            file.options = None;
            file.dependency.retain(|name| !is_option(name));
            file.public_dependency.clear();
        }
        pool.add_file_descriptor_protos(files).expect("Envoy's API");
        pool
    });
    &POOL
}

fn is_option(name: &str) -> bool {
    OPTIONS.iter().any(|option| name.starts_with(option))
}

/// The folder of the crate's sources, as cargo has it.
fn sources() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let host = Command::new("rustc").args(["--print", "host-tuple"]).output().expect("rustc runs").stdout;
    let host = String::from_utf8(host).expect("a text");
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host.trim()]);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == "envoy-types").expect("envoy-types");
    Path::new(package["manifest_path"].as_str().expect("a path")).with_file_name("proto")
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
