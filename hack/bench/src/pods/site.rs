//! A cluster of one node with our images, and the built-in mesh installed as people do it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use meshglot_apiserver::{Node, peer};
use serde_json::Value;

use super::cgroup::Container;

/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(180);

/// Where this program is in its image.
const INSIDE: &str = "/meshglot";

/// Ended with its node when this is dropped, and by the system when this process is gone.
pub(super) struct Site {
    kubectl: PathBuf,
    pub(super) kubeconfig: PathBuf,
    _node: Node,
}

impl Site {
    /// `None`: there can be no cluster here, which one line says.
    pub(super) fn up(me: &Path, tool: &Path) -> Option<Self> {
        let (kubectl, node) = (peer("kubectl")?, Node::up().expect("a cluster")?);
        let nft =
            ["/usr/sbin/nft", "/usr/bin/nft"].map(Path::new).into_iter().find(|path| path.exists()).expect("nft: hack/cluster needs it");
        node.image("docker.io/library/meshglot:bench", tool).expect("an image");
        node.image_with("docker.io/library/meshglot-capture:bench", tool, &[nft]).expect("an image");
        node.image("localhost/bench:1", me).expect("an image");
        let site = Self { kubectl, kubeconfig: node.kubeconfig(), _node: node };

        let images = ["--image", "meshglot:bench", "--capture-image", "meshglot-capture:bench"];
        let words = ["install", "--backend", "builtin", "--inject", "--replicas", "1"];
        site.apply(&site.told(Command::new(tool).args(words).args(images), ""));
        site.kubectl(&["-n", "meshglot-system", "rollout", "status", "deployment/meshglot-controller", "--timeout=180s"]);
        let trusted = ["get", "mutatingwebhookconfiguration", "meshglot", "-o", "jsonpath={.webhooks[0].clientConfig.caBundle}"];
        site.until("the API server trusts the webhook", || !site.kubectl(&trusted).is_empty());
        Some(site)
    }

    /// What kubectl prints.
    pub(super) fn kubectl(&self, words: &[&str]) -> String {
        self.told(Command::new(&self.kubectl).args(words), "")
    }

    pub(super) fn apply(&self, text: &str) {
        self.told(Command::new(&self.kubectl).args(["apply", "--server-side", "-f", "-"]), text);
    }

    /// This program as a part of the bench, in the application's container of a Deployment's pod.
    pub(super) fn part(&self, namespace: &str, deployment: &str, words: &[&str]) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.args(["-n", namespace, "exec", "-i", &format!("deployment/{deployment}"), "-c", "main", "--", INSIDE]);
        command.arg(crate::proxy::WORD_PART).args(words).env("KUBECONFIG", &self.kubeconfig);
        command
    }

    pub(super) fn rolled_out(&self, namespaces: &[&str], deployments: &[&str]) {
        for (namespace, name) in namespaces.iter().flat_map(|namespace| deployments.iter().map(move |name| (namespace, name))) {
            self.kubectl(&["-n", namespace, "rollout", "status", &format!("deployment/{name}"), "--timeout=180s"]);
        }
    }

    /// The pods of an application, as the API server tells them.
    pub(super) fn pods(&self, namespace: &str, app: &str) -> Vec<Value> {
        let text = self.kubectl(&["-n", namespace, "get", "pods", "-l", &format!("app={app}"), "-o", "json"]);
        let mut list: Value = serde_json::from_str(&text).expect("JSON");
        list["items"].as_array_mut().map(std::mem::take).expect("a list")
    }

    /// The containers of this name of all pods of an application.
    pub(super) fn containers(&self, namespace: &str, app: &str, name: &str) -> Vec<Container> {
        let pods = self.pods(namespace, app);
        let lists = pods.iter().flat_map(|pod| ["containerStatuses", "initContainerStatuses"].map(|list| &pod["status"][list]));
        let all = lists.filter_map(Value::as_array).flatten().filter(|one| one["name"] == name);
        all.filter_map(|one| one["containerID"].as_str()?.strip_prefix("containerd://")).map(Container::new).collect()
    }

    /// Waits until something holds.
    pub(super) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let begin = Instant::now();
        while !holds() {
            assert!(begin.elapsed() < PATIENCE, "never: {what}\n{}", self.kubectl(&["get", "pods", "-A"]));
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn told(&self, command: &mut Command, input: &str) -> String {
        command.env("KUBECONFIG", &self.kubeconfig).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        child.stdin.take().expect("a stream").write_all(input.as_bytes()).expect("it reads");
        let said = child.wait_with_output().expect("it ends");
        assert!(said.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8_lossy(&said.stdout).into_owned()
    }
}
