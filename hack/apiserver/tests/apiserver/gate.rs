//! The gate lets everything pass, but for the trouble that it is to make.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client};
use meshglot_apiserver::{Fault, Gate, Verb, installed, shared};

use crate::objects::{apply, code, config_map, namespace};
use crate::watching::{Seen, Watch};

/// A gate before the shared server, and a client that goes through it, with a namespace of this name.
async fn through(name: &str) -> (Gate, Client) {
    let server = shared().await.expect("a server");
    namespace(&server.client().await.expect("a client"), name).await;
    let gate = Gate::before(server).await.expect("a gate");
    let client = gate.access().client_that_asks_once(server.admin()).await.expect("a client");
    (gate, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_and_writes_are_counted() {
    if !installed() {
        return;
    }
    let (gate, client) = through("counted").await;
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "counted");
    apply(&client, &config_map("counted", "one", "1")).await.expect("a config map");
    maps.get("one").await.expect("it is there");
    maps.delete("one", &Default::default()).await.expect("it goes");
    let counts = gate.counts();
    let place = "/api/v1/namespaces/counted/configmaps/one";
    let of = |verb: Verb| counts.of(verb, place);
    assert_eq!((of(Verb::Patch), of(Verb::Get), of(Verb::Delete)), (1, 1, 1), "{counts:?}");
    assert_eq!(counts.writes(), 2, "{counts:?}");
    // At rest nothing is written.
    gate.forget();
    maps.get("one").await.expect_err("it is gone");
    assert_eq!((gate.counts().reads(), gate.counts().writes()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_is_cut_in_the_middle() {
    if !installed() {
        return;
    }
    let (gate, client) = through("cut").await;
    let admin = shared().await.expect("a server").admin();
    let first = apply(&client, &config_map("cut", "one", "1")).await.expect("a config map");
    let version = first.metadata.resource_version.expect("a version");
    let mut watch = Watch::begin(&client, "cut", &version).await;
    apply(&client, &config_map("cut", "two", "1")).await.expect("a config map");
    assert_eq!(watch.next().await, Seen::Change("two".to_owned()));
    let begin = Instant::now();
    gate.cut();
    assert_eq!(watch.next().await, Seen::Ended);
    assert!(begin.elapsed() < Duration::from_secs(30), "by the gate, not by the API server's own end");
    // Whoever asks anew is told what it has missed. This client asks once, and may not know yet that its other connection is cut, too.
    let client = gate.access().client_that_asks_once(admin).await.expect("a client");
    let mut again = Watch::begin(&client, "cut", &version).await;
    assert_eq!(again.next().await, Seen::Change("two".to_owned()));
    assert_eq!(gate.counts().of(Verb::Watch, "/namespaces/cut/"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_is_answered_with_an_error() {
    if !installed() {
        return;
    }
    let (gate, client) = through("storm").await;
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "storm");
    apply(&client, &config_map("storm", "one", "1")).await.expect("a config map");
    gate.make(Fault::Answer { status: 500, retry_after: None, percent: 50 });
    let mut refused = 0;
    for _ in 0..10 {
        refused += usize::from(maps.get("one").await.is_err());
    }
    assert_eq!(refused, 5);
    gate.make(Fault::Answer { status: 429, retry_after: None, percent: 100 });
    assert_eq!(code(maps.get("one").await), 429);
    gate.heal();
    maps.get("one").await.expect("all is well again");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_told_to_come_later_comes_later() {
    if !installed() {
        return;
    }
    let (gate, client) = through("later").await;
    apply(&client, &config_map("later", "one", "1")).await.expect("a config map");
    let patient = gate.access().client(shared().await.expect("a server").admin()).await.expect("a client");
    let maps: Api<ConfigMap> = Api::namespaced(patient, "later");
    gate.forget();
    // The second of two: the client's next one passes.
    gate.make(Fault::Answer { status: 429, retry_after: Some(1), percent: 50 });
    maps.get("one").await.expect("the first passes");
    let begin = Instant::now();
    maps.get("one").await.expect("kube's client asks again");
    assert!(begin.elapsed() >= Duration::from_secs(1), "after {:?}", begin.elapsed());
    assert_eq!(gate.counts().reads(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_is_slow_and_one_that_refuses_answers_nobody() {
    if !installed() {
        return;
    }
    let (gate, client) = through("slow").await;
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "slow");
    apply(&client, &config_map("slow", "one", "1")).await.expect("a config map");
    gate.make(Fault::Slow(Duration::from_millis(700)));
    let begin = Instant::now();
    maps.get("one").await.expect("it comes in the end");
    assert!(begin.elapsed() >= Duration::from_millis(700), "after {:?}", begin.elapsed());
    gate.make(Fault::Refuse);
    gate.cut();
    assert!(maps.get("one").await.is_err());
    gate.heal();
    maps.get("one").await.expect("all is well again");
    // With the gate its connections end.
    let address = gate.access().address();
    drop(gate);
    assert!(maps.get("one").await.is_err());
    let end = Instant::now() + Duration::from_secs(60);
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        assert!(Instant::now() < end, "it still listens");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
