//! Servers that die, and a store that forgets.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use meshglot_apiserver::{ApiServer, Gate, Settings, installed};

use crate::objects::{apply, config_map, namespace};
use crate::watching::{Seen, Watch};

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_killed_comes_back_where_it_was_with_what_it_had() {
    if !installed() {
        return;
    }
    let mut server = ApiServer::start().await.expect("a server");
    let client = server.client().await.expect("a client");
    namespace(&client, "kept").await;
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "kept");
    let before = apply(&client, &config_map("kept", "one", "1")).await.expect("a config map");
    let mut watch = Watch::begin(&client, "kept", before.metadata.resource_version.as_deref().expect("a version")).await;
    let address = server.access().address();

    let gate = Gate::before(&server).await.expect("a gate");
    let through: Api<ConfigMap> = Api::namespaced(gate.access().client(server.admin()).await.expect("a client"), "kept");
    through.get("one").await.expect("the gate lets it pass");

    server.kill();
    assert_eq!(watch.next().await, Seen::Ended);
    assert!(maps.get("one").await.is_err(), "nobody answers");
    assert!(through.get("one").await.is_err(), "nobody answers through the gate");
    assert_eq!(server.processes().len(), 1, "etcd is left");

    server.restart().await.expect("it comes back");
    assert_eq!(server.access().address(), address);
    let after = maps.get("one").await.expect("the same client goes on");
    assert_eq!(after.metadata.uid, before.metadata.uid);
    assert_eq!(through.get("one").await.expect("the gate finds it again").metadata.uid, before.metadata.uid);
    assert_eq!(after.metadata.resource_version, before.metadata.resource_version);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_etcd_has_forgotten_is_gone() {
    if !installed() {
        return;
    }
    let settings = Settings { flags: vec!["--watch-cache=false".to_owned()], ..Settings::default() };
    let mut server = ApiServer::start_with(settings).await.expect("a server");
    let client = server.client().await.expect("a client");
    namespace(&client, "gone").await;
    let old = apply(&client, &config_map("gone", "one", "1")).await.expect("a config map").metadata.resource_version.expect("a version");
    for value in ["2", "3"] {
        apply(&client, &config_map("gone", "one", value)).await.expect("a config map");
    }
    // Before, everything since then is told.
    assert_eq!(Watch::begin(&client, "gone", &old).await.next().await, Seen::Change("one".to_owned()));
    let now = server.compact().await.expect("etcd answers");
    assert!(now > old.parse().expect("a number"));
    assert_eq!(Watch::begin(&client, "gone", &old).await.next().await, Seen::Refused(410));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_started_again_remembers_no_more_than_etcd() {
    if !installed() {
        return;
    }
    let mut server = ApiServer::start().await.expect("a server");
    let client = server.client().await.expect("a client");
    namespace(&client, "gone").await;
    let old = apply(&client, &config_map("gone", "one", "1")).await.expect("a config map").metadata.resource_version.expect("a version");
    apply(&client, &config_map("gone", "one", "2")).await.expect("a config map");
    server.kill();
    server.compact().await.expect("etcd answers");
    server.restart().await.expect("it comes back");
    assert_eq!(Watch::begin(&client, "gone", &old).await.next().await, Seen::Refused(410));
}
