//! A controller beside a real API server, as those see it who run it: counters, probes, its log, alerts and dashboards.

mod cluster;
mod monitoring;
mod probes;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(60);

/// `meshglot controller` as a process; it ends with this.
struct Controller {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

impl Controller {
    fn start(kubeconfig: &Path, words: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        command.args(["controller", "--backend", "istio", "--lease-namespace", "default", "--kubeconfig"]).arg(kubeconfig).args(words);
        command.env_remove("KUBECONFIG").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a stream")).lines().map_while(Result::ok);
        let metrics = lines.find_map(|line| Some(line.strip_prefix("metrics        http://")?.strip_suffix("/metrics")?.to_owned()));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (keep, stderr) = (log.clone(), child.stderr.take().expect("a stream"));
        thread::spawn(move || {
            let lines = BufReader::new(stderr).lines().map_while(Result::ok);
            lines.for_each(|line| keep.lock().unwrap_or_else(PoisonError::into_inner).push(line));
        });
        let address = metrics.expect("it says where").parse().expect("an address");
        Self { child, address, log }
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Status and body of an answer.
    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        ask(self.address, "localhost", method, path, body)
    }

    /// Asked to end, it does.
    fn end(mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0));
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// By HTTP/1.0, so that a long answer comes in one piece.
fn ask(address: SocketAddr, host: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.0\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    (head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status"), body.to_owned())
}

/// Waits until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "never: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}
