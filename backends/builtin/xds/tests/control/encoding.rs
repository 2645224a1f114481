//! Everything that the goldens hold for the built-in mesh can be served, and reads as it was meant.

use std::path::{Path, PathBuf};

use envoy_types::pb::envoy::config::{cluster, endpoint, listener, route};
use meshglot_xds::{Kind, Resource};
use prost::Message;

use super::model;

#[test]
fn every_golden_input_is_served_and_reads_as_written() {
    let mut count = 0;
    for path in inputs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../golden")) {
        let text = std::fs::read_to_string(&path).expect("an input");
        let plan = model::plan(&text);
        for object in plan.engines[0].1.rendered().objects {
            let resource = Resource::encode(object).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(name(&resource), *resource.name, "{}", path.display());
            count += 1;
        }
    }
    assert!(count > 2000, "{count} resources");
}

/// The name within the bytes, as the types of the crate `envoy-types` read them.
fn name(resource: &Resource) -> String {
    let bytes = resource.bytes.as_slice();
    match resource.kind {
        Kind::Cluster => cluster::v3::Cluster::decode(bytes).map(|message| message.name),
        Kind::Assignment => endpoint::v3::ClusterLoadAssignment::decode(bytes).map(|message| message.cluster_name),
        Kind::Listener => listener::v3::Listener::decode(bytes).map(|message| message.name),
        Kind::Route => route::v3::RouteConfiguration::decode(bytes).map(|message| message.name),
    }
    .expect("a message")
}

fn inputs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("goldens") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(inputs(&path));
        } else if path.file_name().is_some_and(|name| name == "input.yaml") {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_version_is_that_of_the_meaning() {
    let versions = |text: &str| -> Vec<String> {
        let plan = model::plan(text);
        let objects = plan.engines[0].1.rendered().objects;
        objects.into_iter().map(|object| Resource::encode(object).expect("a resource").version.to_string()).collect()
    };
    let shop = model::shop();
    assert_eq!(versions(&shop), versions(&format!("# another comment\n{shop}")));
    let other = versions(&shop.replace("weight: 90", "weight: 80"));
    assert_eq!(versions(&shop).iter().zip(&other).filter(|(a, b)| a != b).count(), 1, "one route configuration");
}
