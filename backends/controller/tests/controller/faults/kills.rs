//! A controller that is killed at random points of a stream of edits. `MESHGLOT_KILLS=200` makes it more by hand.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use meshglot_apiserver::{crds, installed};
use meshglot_controller::{connect, run};

use super::edits::Edits;
use crate::cluster::{Cluster, settings};

/// How often it is killed.
const KILLS: usize = 40;

/// Where the process that is a controller finds its cluster.
const KUBECONFIG: &str = "MESHGLOT_TEST_CONTROLLER_KUBECONFIG";

/// A process of its own: this program again, which is asked for the next test alone.
struct Controller(Child);

impl Controller {
    fn start(kubeconfig: &PathBuf) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command.args(["--exact", "faults::kills::a_controller_of_another_process"]).env(KUBECONFIG, kubeconfig);
        // It ends when nobody holds the other side any more.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("it starts"))
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        self.0.kill().expect("SIGKILL");
        self.0.wait().expect("it ends");
    }
}

/// Is one, where it is asked to be.
#[tokio::test(flavor = "multi_thread")]
async fn a_controller_of_another_process() {
    let Some(kubeconfig) = std::env::var_os(KUBECONFIG) else { return };
    let (client, _) = connect(Some(kubeconfig.as_ref()), None).await.expect("a cluster");
    let parent = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    let parent = async { drop(parent.await) };
    run(client, settings("istio"), |_| {}, parent).await.expect("it does not end by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_nobody_is_let_in_wherever_it_is_killed() {
    if !installed() || crds().is_none() {
        return;
    }
    let kills: usize = std::env::var("MESHGLOT_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let cluster = Cluster::new(&["istio"]).await;
    let kubeconfig = cluster.server.kubeconfig(cluster.server.admin()).expect("written");
    let (mut edits, guard) = Edits::begin(&cluster, 2).await;
    for round in 0..kills {
        let running = Controller::start(&kubeconfig);
        // Before it has listed, while it writes, after it: each round somewhere else.
        for _ in 0..3 {
            edits.next(&cluster).await;
            edits.pause(if round % 2 == 0 { 300 } else { 1_000 }).await;
        }
        drop(running);
    }
    let _running = Controller::start(&kubeconfig);
    let looks = edits.end(&cluster, &guard).await;
    eprintln!("{kills} kills: {looks} states were looked at");
    assert!(looks > kills, "{looks} states");
}
