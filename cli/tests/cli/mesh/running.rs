//! A process of ours that runs until the test ends, however that is.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Proxies listen on ports of their own, of which a machine has one each: held by a test that starts one here.
pub(super) fn ports() -> MutexGuard<'static, ()> {
    static PORTS: Mutex<()> = Mutex::new(());
    PORTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A Service and the two Workloads of the tests; the second is no machine's (RFC 5737).
pub(super) const SERVICES: &str = "\
{apiVersion: v1, kind: Service, metadata: {name: ledger, namespace: bank},
 spec: {clusterIP: 10.96.0.7, selector: {app: ledger}, ports: [{name: http, port: 80, targetPort: web}]}}
---
{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {name: ledger, namespace: bank, labels: {app: ledger}},
 spec: {serviceAccountName: ledger, address: 127.0.0.1, ports: [{name: web, port: 8080}]}}
---
{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {name: teller, namespace: bank, labels: {app: teller}},
 spec: {serviceAccountName: teller, address: 192.0.2.17, ports: [{name: web, port: 8080}]}}
";

/// Lets `teller` make GET requests below a path.
pub(super) fn policy(path: &str) -> String {
    format!(
        "{{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {{name: ledger, namespace: bank}},\n spec: {{\
         destination: {{kind: ServiceAccount, name: ledger}}, sources: [{{kind: ServiceAccount, name: teller}}],\n  \
         rules: [{{kind: HTTPRouteGroup, name: ledger}}]}}}}\n---\n\
         {{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {{name: ledger, namespace: bank}},\n \
         spec: {{matches: [{{name: read, methods: [GET], pathRegex: {path}/.*}}]}}}}\n"
    )
}

/// A folder with these files.
pub(super) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    // Short, for the paths of sockets.
    let folder = tempfile::Builder::new().prefix("mgr").tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

/// A process, what it says on standard error collected.
pub(in super::super) struct Running {
    child: Child,
    told: Receiver<String>,
    /// Lines that were taken from it.
    heard: Vec<String>,
    /// The lines of standard output before the first wait.
    pub(super) stdout: BufReader<Box<dyn Read + Send>>,
}

impl Running {
    pub(super) fn start(words: &[&str], inside: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        Self::of(command.args(words).current_dir(inside).stdin(Stdio::null()))
    }

    /// A command that is given its streams here, but for its input.
    pub(super) fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (tell, told) = channel();
        let stderr = BufReader::new(child.stderr.take().expect("a stream"));
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let stdout: Box<dyn Read + Send> = Box::new(child.stdout.take().expect("a stream"));
        Self { child, told, heard: Vec::new(), stdout: BufReader::new(stdout) }
    }

    /// `meshglot run` on the folder, on a port that is free.
    pub(in super::super) fn mesh(folder: &Path, more: &[&str]) -> Self {
        let words = [&["run", "--config-dir", ".", "--listen", "127.0.0.1:0"], more].concat();
        let mut running = Self::start(&words, folder);
        let mut line = String::new();
        running.stdout.read_line(&mut line).expect("a line");
        assert!(line.starts_with("control plane  127.0.0.1:"), "{line}{}", running.rest());
        running
    }

    /// The next line with these words.
    pub(in super::super) fn hears(&mut self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        while let Ok(line) = self.told.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.heard.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
        panic!("it never said {words:?}, but\n{}", self.heard.join("\n"));
    }

    /// Whether it has said that, in what was heard so far and what is there now.
    pub(super) fn said(&mut self, words: &str) -> bool {
        self.heard.extend(self.told.try_iter());
        self.heard.iter().any(|line| line.contains(words))
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Ends it as a user does; its exit code.
    pub(super) fn end(mut self) -> i32 {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// The exit code of one that ends by itself.
    pub(super) fn wait(&mut self) -> i32 {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().expect("a process") {
                return status.code().expect("no signal ended it");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end");
    }

    /// Waits until one that was killed is no process any more.
    pub(super) fn is_gone(&mut self) {
        self.child.wait().expect("a process");
    }

    pub(super) fn rest(&mut self) -> String {
        std::thread::sleep(Duration::from_millis(200));
        self.heard.extend(self.told.try_iter());
        self.heard.join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The proxies that it started end with it only if it is asked.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end && self.child.try_wait().is_ok_and(|status| status.is_none()) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end.
pub(super) fn meshglot(words: &[&str], inside: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
    command.args(words).current_dir(inside).stdin(Stdio::null()).output().expect("it runs")
}

/// What it prints as JSON.
pub(super) fn json(words: &[&str], inside: &Path) -> Value {
    let output = meshglot(words, inside);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{words:?}: {error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// What the ledger's proxies are sent.
pub(super) fn config(inside: &Path) -> String {
    json(&["proxy", "config", "bank/ledger", "--config-dir", ".", "-o", "json"], inside).to_string()
}

/// Asks until the answer is so.
pub(super) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what}: never");
        std::thread::sleep(Duration::from_millis(20));
    }
}
