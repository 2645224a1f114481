//! The resources of a workload: those of a golden, at ports that are free here. One port takes requests, the other bytes.

use std::path::Path;

use bytes::Bytes;
use meshglot_proxy::ads::Kind;
use meshglot_proxy::store::{Resources, Store, Stored};
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};

const GOLDEN: &str = "../../../golden/access/anchoring-full/builtin.yaml";

/// What its workload is called, and the name of its routes and of its own cluster.
const WORKLOAD: &str = "shop/api";
const GROUP: &str = "mesh~main";
const OWN: &str = "inbound/8080";

/// Where a proxy listens, and where its workload does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) requests: u16,
    pub(crate) bytes: u16,
    pub(crate) application: u16,
}

/// Writes them where a proxy finds them at its start. Everybody may call what is below `/open/`, and what is below `/audited/` as long as
/// its rules are only asked.
pub(crate) fn resources(folder: &Path, ports: Ports) {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN)).expect("a golden");
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).expect("YAML");
    let mut resources = Resources::new();
    for mut document in documents.into_iter().filter(|one| [WORKLOAD, GROUP, "shared"].iter().any(|owner| one["workload"] == *owner)) {
        let kind = document["@type"].as_str().and_then(|url| Kind::ALL.into_iter().find(|kind| kind.type_url() == url)).expect("a kind");
        let resource = &mut document["resource"];
        let name = resource["name"].as_str().or(resource["cluster_name"].as_str()).expect("a name").to_owned();
        match (kind, name.as_str()) {
            (Kind::Listener, "inbound") => put_listener(resource, ports.requests),
            (Kind::Listener, _) => {
                put_listener(resource, ports.bytes);
                resource["default_filter_chain"]["filters"][0]["typed_config"]["cluster"] = OWN.into();
            }
            (Kind::Cluster, OWN) => {
                resource["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"] = address(ports.application);
            }
            (Kind::Route, OWN) => {
                let allow = &mut resource["virtual_hosts"][0]["typed_per_filter_config"]["meshglot.allow"];
                let (open, audited) = (below("/open/"), below("/audited/"));
                allow["rbac"]["rules"]["policies"] = json!({ "TrafficTarget/shop/open#any": open, "audited": audited });
                allow["rbac"]["shadow_rules"] = json!({ "action": "ALLOW", "policies": { "TrafficTarget/shop/open#any": open } });
                allow["rbac"]["shadow_rules_stat_prefix"] = "audit_".into();
            }
            _ => {}
        }
        let bytes = Bytes::from(message(kind, resource).encode_to_vec());
        resources.insert((kind, name.into()), Stored { version: "1".into(), bytes });
    }
    Store::of(folder).write(&resources).expect("a file");
}

/// Everybody may call what is below a path.
fn below(path: &str) -> Value {
    json!({ "permissions": [{ "url_path": { "path": { "prefix": path } } }], "principals": [{ "any": true }] })
}

/// At a port of this machine, where nothing is redirected; what is called is its own port.
fn put_listener(listener: &mut Value, port: u16) {
    listener["address"] = address(port);
    let filters = listener["listener_filters"].as_array_mut().expect("filters");
    filters.retain(|filter| filter["name"] != "envoy.filters.listener.original_dst");
    for chain in listener["filter_chains"].as_array_mut().into_iter().flatten() {
        chain["filter_chain_match"]["destination_port"] = port.into();
    }
}

fn address(port: u16) -> Value {
    json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } })
}

fn message(kind: Kind, resource: &Value) -> DynamicMessage {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xds/src/descriptors.bin");
    let pool = DescriptorPool::decode(std::fs::read(path).expect("descriptors").as_slice()).expect("descriptors");
    let name = kind.type_url().rsplit('/').next().expect("a name");
    DynamicMessage::deserialize(pool.get_message_by_name(name).expect("a message"), resource).expect("a resource")
}
