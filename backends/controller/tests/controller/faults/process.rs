//! A controller that is a process of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use meshglot_controller::{Election, Settings, connect, run};

use crate::cluster::settings;
use crate::leaders::BRIEF;
use crate::switch::of_both;

/// Where it finds its cluster.
const KUBECONFIG: &str = "MESHGLOT_TEST_CONTROLLER_KUBECONFIG";

/// What it is called among several; absent: it is alone.
const IDENTITY: &str = "MESHGLOT_TEST_CONTROLLER_IDENTITY";

/// Whether it serves what the Meshes name; absent: Istio gets all policy.
const SWITCHES: &str = "MESHGLOT_TEST_CONTROLLER_SWITCHES";

/// The variable of one that serves what the Meshes name.
pub(super) const BOTH: (&str, &str) = (SWITCHES, "yes");

/// This program again, which is asked for the next test alone. Dropped, it is killed.
pub(super) struct Controller(Child);

impl Controller {
    /// One of several, where it has a name; with these variables.
    pub(super) fn start<'v>(kubeconfig: &Path, identity: Option<&str>, variables: impl IntoIterator<Item = (&'v str, &'v str)>) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command.args(["--exact", "faults::process::a_controller_of_another_process"]).env(KUBECONFIG, kubeconfig);
        command.envs(identity.map(|identity| (IDENTITY, identity))).envs(variables);
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
    let election = std::env::var(IDENTITY).ok().map(|identity| Election { namespace: "shop".to_owned(), identity, duration: BRIEF });
    let settings = if std::env::var_os(SWITCHES).is_some() { of_both() } else { settings("istio") };
    run(client, Settings { election, ..settings }, |_| {}, parent).await.expect("it does not end by itself");
}
