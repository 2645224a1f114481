//! The prober as seen from here: what each of its hosts answers at the moment.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::probe::Told;

/// No status of HTTP: nothing was told yet.
const NOTHING: u16 = u16::MAX;

/// Ended when this is dropped.
pub(super) struct Prober {
    child: Child,
    lines: Receiver<Told>,
    answers: Vec<Told>,
}

impl Prober {
    /// By a command that prints what a probe prints, of so many hosts.
    pub(super) fn start(mut command: Command, hosts: usize) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let output = BufReader::new(child.stdout.take().expect("a stream"));
        let (tell, lines) = channel();
        thread::spawn(move || {
            let told = output.lines().map_while(Result::ok).map(|line| serde_json::from_str(&line).expect("what a probe tells"));
            let _ = told.into_iter().try_for_each(|one| tell.send(one));
        });
        let answers = (0..hosts).map(|host| Told { host, status: NOTHING, at: 0, calls: 0 }).collect();
        Self { child, lines, answers }
    }

    /// Waits until all hosts answer so; when each of them did so first. `may` is what else may be answered until then.
    pub(super) fn until_all(&mut self, status: u16, may: impl Fn(u16) -> bool, patience: Duration) -> Vec<u64> {
        let end = Instant::now() + patience;
        while self.answers.iter().any(|one| one.status != status) {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(told) = self.lines.recv_timeout(left) else {
                let others = self.answers.iter().filter(|one| one.status != status).map(|one| (one.host, one.status));
                panic!("not {status} in time: {:?}", others.collect::<Vec<_>>());
            };
            assert!(told.status == status || may(told.status), "pod {} answered {} after {} calls", told.host, told.status, told.calls);
            let host = told.host;
            self.answers[host] = told;
        }
        self.answers.iter().map(|one| one.at).collect()
    }

    /// Leaves it alone: an answer that is another now is wrong.
    pub(super) fn is_left_alone(&self, time: Duration) {
        if let Ok(told) = self.lines.recv_timeout(time) {
            panic!("pod {} answered {} without an edit, after {} calls", told.host, told.status, told.calls);
        }
    }

    /// Calls of all hosts, up to each one's last change.
    pub(super) fn calls(&self) -> u64 {
        self.answers.iter().map(|one| one.calls).sum()
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        // It ends in its pod as its standard input does.
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
