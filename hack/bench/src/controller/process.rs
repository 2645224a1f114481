//! The controller as a process: what it counts, its memory, and the processor's time that it takes.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Above the rows of starts.
pub(super) const HEAD: &str = "\
| Start | everything listed s | all in force s | all said s | rendered objects | requests | its CPU s | MiB resident | at most |
|---|---|---|---|---|---|---|---|---|";

/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(300);

/// Ticks of the kernel's account in a second, on Linux.
const TICKS: u64 = 100;

pub(super) struct Controller {
    child: Child,
    address: SocketAddr,
    begin: Instant,
}

impl Controller {
    pub(super) fn start(tool: &Path, kubeconfig: &Path) -> Self {
        Self::start_with(tool, kubeconfig, &[])
    }

    /// With more words.
    pub(super) fn start_with(tool: &Path, kubeconfig: &Path, more: &[&str]) -> Self {
        let begin = Instant::now();
        let words = ["controller", "--backend", "istio", "--leader-elect=false", "--log-level", "warn,kube=off", "--kubeconfig"];
        let mut command = Command::new(tool);
        command.args(words).arg(kubeconfig).args(more).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the controller starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a stream")).lines().map_while(Result::ok);
        let metrics = lines.find_map(|line| Some(line.strip_prefix("metrics        http://")?.strip_suffix("/metrics")?.to_owned()));
        let address = metrics.expect("it says where its counters are").parse().expect("an address");
        Self { child, address, begin }
    }

    /// Waits until all that is wanted is in force and each object of policy says how it stands; a row.
    pub(super) async fn until_in_force(&self, what: &str) -> String {
        let mut listed = None;
        let mut applied = None;
        loop {
            assert!(self.begin.elapsed() < PATIENCE, "it is not in force: {}", self.ask("/metrics").1);
            if listed.is_none() && self.ask("/readyz").0 {
                listed = Some(self.begin.elapsed());
            }
            let text = self.ask("/metrics").1;
            let rendered = sum(&text, "meshglot_rendered_objects{", "");
            if rendered > 0 && sum(&text, "meshglot_applied_objects{", "in_force") == rendered {
                applied.get_or_insert(self.begin.elapsed());
            }
            let (policy, told) = (sum(&text, "meshglot_policy_objects{", ""), sum(&text, "meshglot_policy_objects{", "InForce"));
            let waits = sum(&text, "meshglot_queue_depth{", "");
            if let (Some(listed), Some(applied)) = (listed, applied)
                && policy == told
                && waits == 0
            {
                let seconds = [listed, applied, self.begin.elapsed()].map(|time| format!("{:.1}", time.as_secs_f64())).join(" | ");
                let requests = sum(&text, "meshglot_api_requests_total{", "");
                let (cpu, now, most) = (self.cpu().as_secs_f64(), self.memory("VmRSS"), self.memory("VmHWM"));
                return format!("| {what} | {seconds} | {rendered} | {requests} | {cpu:.1} | {now} | {most} |");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether it says yes, and its words.
    fn ask(&self, path: &str) -> (bool, String) {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        (answer.contains(" 200 "), answer)
    }

    /// A row of its counters, such as one bucket of a histogram.
    pub(super) fn counters(&self) -> String {
        self.ask("/metrics").1
    }

    /// Time of processors so far.
    pub(super) fn cpu(&self) -> Duration {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("the process lives");
        let (_, rest) = text.rsplit_once(')').expect("a name");
        let ticks: u64 = rest.split_whitespace().skip(11).take(2).map(|word| word.parse::<u64>().expect("ticks")).sum();
        Duration::from_millis(ticks * 1000 / TICKS)
    }

    /// `VmRSS`, `VmHWM`, in MiB.
    pub(super) fn memory(&self, name: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the process lives");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("a row");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

/// The sum of the rows that begin so and have these words.
pub(super) fn sum(text: &str, begin: &str, words: &str) -> u64 {
    let rows = text.lines().filter(|line| line.starts_with(begin) && line.contains(words));
    rows.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum::<f64>() as u64
}
