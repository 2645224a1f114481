//! A watch that cannot go on where it was: the API server has forgotten so far back.

use meshglot_apiserver::{ApiServer, Fault, Gate, Settings, crds, installed};

use super::edits::Edits;
use crate::cluster::{Cluster, controller, split, until, virtual_service};

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_before_that_is_not_missed() {
    if !installed() || crds().is_none() {
        return;
    }
    // Without its cache the server asks etcd, which has compacted what was.
    let flags = vec!["--watch-cache=false".to_owned()];
    let server = ApiServer::start_with(Settings { flags, ..Settings::default() }).await.expect("a server");
    let mut cluster = Cluster::on(server, meshglot_crds::all().iter().map(|kind| kind.crd()).collect(), &["istio"]).await;
    let (mut edits, guard) = Edits::begin(&cluster, 5).await;
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let running = controller(gate.access().client_that_asks_once(cluster.server.admin()).await.expect("a client"), "istio");
    running.tells("in force: ").await;
    gate.make(Fault::Refuse);
    gate.cut();
    for _ in 0..10 {
        edits.next(&cluster).await;
    }
    cluster.delete(&split("web", [1, 1])).await;
    cluster.server.compact().await.expect("it forgets");
    gate.heal();
    until("the deletion is known", async || cluster.get(&virtual_service()).await.is_none()).await;
    edits.end(&cluster, &guard).await;
    // It is nothing that anybody has to look at.
    let told = running.told();
    assert!(!told.iter().any(|line| line.contains("too old")), "{told:?}");
}
