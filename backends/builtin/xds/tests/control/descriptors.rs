//! `src/descriptors.bin` holds Envoy's API as it is in the crate `envoy-types` of the lock file.
//!
//! `UPDATE_GOLDEN=1 cargo test -p meshglot-xds descriptors` writes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost_reflect::prost::Message;
use prost_reflect::prost_types::FileDescriptorSet;
use serde_json::Value;

/// What resources of this mesh are made of; what these import comes with them.
const FILES: [&str; 23] = [
    "envoy/config/cluster/v3/cluster.proto",
    "envoy/config/endpoint/v3/endpoint.proto",
    "envoy/config/listener/v3/listener.proto",
    "envoy/config/route/v3/route.proto",
    "envoy/config/route/v3/scoped_route.proto",
    "envoy/config/trace/v3/opentelemetry.proto",
    "envoy/extensions/access_loggers/file/v3/file.proto",
    "envoy/extensions/filters/http/cors/v3/cors.proto",
    "envoy/extensions/filters/http/fault/v3/fault.proto",
    "envoy/extensions/filters/http/jwt_authn/v3/config.proto",
    "envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.proto",
    "envoy/extensions/filters/http/rbac/v3/rbac.proto",
    "envoy/extensions/filters/http/router/v3/router.proto",
    "envoy/extensions/filters/listener/http_inspector/v3/http_inspector.proto",
    "envoy/extensions/filters/listener/original_dst/v3/original_dst.proto",
    "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.proto",
    "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto",
    "envoy/extensions/filters/network/rbac/v3/rbac.proto",
    "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto",
    "envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto",
    "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.proto",
    "envoy/extensions/transport_sockets/tls/v3/tls.proto",
    "envoy/extensions/upstreams/http/v3/http_protocol_options.proto",
];

/// Files that describe options of other files alone: nothing of a message stands in them.
const OPTIONS: [&str; 5] = ["validate/", "udpa/annotations/", "xds/annotations/", "envoy/annotations/", "google/protobuf/descriptor.proto"];

#[test]
fn descriptors_are_those_of_the_lock_file() {
    let sources = sources();
    let includes: Vec<PathBuf> =
        std::fs::read_dir(&sources).expect("sources of the API").map(|entry| entry.expect("an entry").path()).collect();
    // One by one: protox looks for `common.ratelimit` in packages that a file does not import, too, and finds others.
    let sets = FILES.map(|file| protox::compile([file], &includes).expect("Envoy's API"));
    let mut files: BTreeMap<String, _> = BTreeMap::new();
    files.extend(sets.into_iter().flat_map(|set| set.file).map(|file| (file.name().to_owned(), file)));
    let mut set = FileDescriptorSet { file: files.into_values().collect() };
    let is_option = |name: &str| OPTIONS.iter().any(|option| name.starts_with(option));
    set.file.retain(|file| !is_option(file.name()));
    for file in &mut set.file {
        // Comments are most of it, and no message is read by them.
        file.source_code_info = None;
        file.options = None;
        file.dependency.retain(|name| !is_option(name));
        file.public_dependency.clear();
    }
    let made = set.encode_to_vec();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/descriptors.bin");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &made).expect("descriptors");
    }
    let written = std::fs::read(&path).unwrap_or_default();
    assert!(written == made, "descriptors.bin is not current: UPDATE_GOLDEN=1 cargo test -p meshglot-xds descriptors");
}

/// The folder of the crate's sources, as cargo has it.
fn sources() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host()]);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == "envoy-types").expect("envoy-types");
    Path::new(package["manifest_path"].as_str().expect("a path")).with_file_name("proto")
}

/// Of packages for other systems nothing is there.
fn host() -> String {
    let output = Command::new("rustc").args(["--print", "host-tuple"]).output().expect("rustc runs");
    String::from_utf8(output.stdout).expect("a text").trim().to_owned()
}
