//! The resources of a workload: those of a golden, at ports that are free here and with as many rules as are wanted.

use std::path::Path;

use bytes::Bytes;
use meshglot_proxy::ads::Kind;
use meshglot_proxy::store::{Resources, Store, Stored};
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Map, Value, json};

/// What tells rules apart. The last of them allows what is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By {
    Path,
    Caller,
}

const GOLDEN: &str = "../../../golden/access/anchoring-full/builtin.yaml";

/// What its workload is called, and the name of its routes.
const WORKLOAD: &str = "shop/api";
const ROUTES: &str = "inbound/8080";

/// Writes them where a proxy finds them at its start.
pub(crate) fn resources(folder: &Path, (port, server): (u16, u16), by: By, rules: usize) {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN)).expect("a golden");
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).expect("YAML");
    let mut resources = Resources::new();
    for mut document in documents.into_iter().filter(|one| one["workload"] == WORKLOAD || one["workload"] == "shared") {
        let kind = document["@type"].as_str().and_then(|url| Kind::ALL.into_iter().find(|kind| kind.type_url() == url)).expect("a kind");
        let resource = &mut document["resource"];
        let name = resource["name"].as_str().or(resource["cluster_name"].as_str()).expect("a name").to_owned();
        match (kind, name.as_str()) {
            (Kind::Listener, "inbound") => put_listener(resource, port),
            (Kind::Listener, _) => continue,
            (Kind::Cluster, ROUTES) => {
                resource["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"] = address(server);
            }
            (Kind::Route, ROUTES) => {
                let allow = &mut resource["virtual_hosts"][0]["typed_per_filter_config"]["meshglot.allow"];
                allow["rbac"]["rules"]["policies"] = policies(by, rules).into();
            }
            _ => {}
        }
        let bytes = Bytes::from(message(kind, resource).encode_to_vec());
        resources.insert((kind, name.into()), Stored { version: "1".into(), bytes });
    }
    Store::of(folder).write(&resources).expect("a file");
}

/// At a port of this machine, where nothing is redirected; what is called is its own port.
fn put_listener(listener: &mut Value, port: u16) {
    listener["address"] = address(port);
    let filters = listener["listener_filters"].as_array_mut().expect("filters");
    filters.retain(|filter| filter["name"] != "envoy.filters.listener.original_dst");
    for chain in listener["filter_chains"].as_array_mut().expect("chains") {
        chain["filter_chain_match"]["destination_port"] = port.into();
    }
}

fn address(port: u16) -> Value {
    json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } })
}

fn policies(by: By, rules: usize) -> Map<String, Value> {
    let policy = |number: usize| {
        let is_last = number + 1 == rules;
        let path = json!({ "url_path": { "path": { "prefix": format!("/service/{number}/") } } });
        let caller = json!({ "authenticated": { "principal_name": { "exact": format!("spiffe://cluster.local/ns/shop/sa/{number}") } } });
        match by {
            By::Path => json!({ "permissions": [path], "principals": [{ "any": true }] }),
            By::Caller if is_last => json!({ "permissions": [{ "any": true }], "principals": [{ "any": true }] }),
            By::Caller => json!({ "permissions": [{ "any": true }], "principals": [caller] }),
        }
    };
    (0..rules).map(|number| (format!("TrafficTarget/shop/{number:05}#any"), policy(number))).collect()
}

fn message(kind: Kind, resource: &Value) -> DynamicMessage {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xds/src/descriptors.bin");
    let pool = DescriptorPool::decode(std::fs::read(path).expect("descriptors").as_slice()).expect("descriptors");
    let name = kind.type_url().rsplit('/').next().expect("a name");
    DynamicMessage::deserialize(pool.get_message_by_name(name).expect("a message"), resource).expect("a resource")
}
