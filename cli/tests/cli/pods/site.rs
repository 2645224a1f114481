//! A cluster of one node with a mesh's definitions and our image.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use meshglot_apiserver::{Node, crds, peer};

use crate::static_program::static_program;

/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) struct Site {
    pub(super) kubeconfig: PathBuf,
    pub(super) kubectl: PathBuf,
    pub(super) folder: tempfile::TempDir,
    // Ended last.
    pub(super) node: Node,
}

impl Site {
    /// `None`: there can be no cluster here, which one line says.
    pub(super) fn with_istio() -> Option<Self> {
        let definitions = crds()?.join("istio");
        let site = Self::bare()?;
        let image = format!("docker.io/library/meshglot:{}", env!("CARGO_PKG_VERSION"));
        site.node.image(&image, static_program()).expect("an image");
        site.kubectl(&["apply", "--server-side", "-f", &definitions.display().to_string()]);
        Some(site)
    }

    /// One without definitions and images.
    pub(super) fn bare() -> Option<Self> {
        let (kubectl, node) = (peer("kubectl")?, Node::up().expect("a cluster")?);
        Some(Self { kubeconfig: node.kubeconfig(), kubectl, folder: tempfile::tempdir().expect("a folder"), node })
    }

    /// Brings both of our images there, as `hack/deploy/Dockerfile` makes them.
    pub(super) fn images(&self, tag: &str) {
        let nft = ["/usr/sbin/nft", "/usr/bin/nft"].map(Path::new).into_iter().find(|path| path.exists());
        let nft = nft.expect("nft: hack/cluster needs it");
        for (name, others) in [("meshglot", &[][..]), ("meshglot-capture", &[nft][..])] {
            let image = format!("docker.io/library/{name}:{tag}");
            self.node.image_with(&image, static_program(), others).expect("an image");
        }
    }

    /// What kubectl prints, however it ends.
    pub(super) fn try_kubectl(&self, words: &[&str]) -> String {
        let said = Command::new(&self.kubectl).args(words).env("KUBECONFIG", &self.kubeconfig).output().expect("it runs");
        String::from_utf8_lossy(&said.stdout).into_owned()
    }

    /// What kubectl prints.
    pub(super) fn kubectl(&self, words: &[&str]) -> String {
        self.run(Command::new(&self.kubectl).args(words), "")
    }

    pub(super) fn apply(&self, text: &str) {
        self.run(Command::new(&self.kubectl).args(["apply", "--server-side", "-f", "-"]), text);
    }

    /// The same where others have said otherwise.
    pub(super) fn apply_by_force(&self, text: &str) {
        self.run(Command::new(&self.kubectl).args(["apply", "--server-side", "--force-conflicts", "-f", "-"]), text);
    }

    /// What `meshglot` prints.
    pub(super) fn meshglot(&self, words: &[&str]) -> String {
        self.run(Command::new(env!("CARGO_BIN_EXE_meshglot")).args(words), "")
    }

    /// Why kubectl fails; `None`: it does not.
    pub(super) fn refused(&self, words: &[&str], input: &str) -> Option<String> {
        let said = self.said(Command::new(&self.kubectl).args(words), input);
        (!said.status.success()).then(|| String::from_utf8_lossy(&said.stderr).into_owned())
    }

    fn run(&self, command: &mut Command, input: &str) -> String {
        let said = self.said(command, input);
        assert!(said.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8_lossy(&said.stdout).into_owned()
    }

    fn said(&self, command: &mut Command, input: &str) -> Output {
        command.env("KUBECONFIG", &self.kubeconfig).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        child.stdin.take().expect("a stream").write_all(input.as_bytes()).expect("it reads");
        child.wait_with_output().expect("it ends")
    }

    /// Waits until something holds.
    pub(super) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let begin = Instant::now();
        while !holds() {
            assert!(begin.elapsed() < PATIENCE, "never: {what}\n{}", self.kubectl(&["get", "pods", "-A"]));
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}
