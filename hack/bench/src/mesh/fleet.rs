//! The process of all simulated proxies, as the control plane's side sees it.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::WORD_PROXIES;

/// What all proxies together got since they were asked last.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Got {
    pub(crate) responses: u64,
    pub(crate) resources: u64,
    pub(crate) removed: u64,
    /// Of messages, without what gRPC, HTTP/2 and TLS put around them.
    pub(crate) bytes: u64,
    /// Connections and streams that ended before they were told to.
    pub(crate) failures: u64,
    /// Of its process.
    pub(crate) cpu_ms: u64,
}

pub(crate) struct Fleet {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Fleet {
    /// Starts it; nobody connects yet.
    pub(crate) fn start(invitations: &Value) -> io::Result<Self> {
        let me = std::env::current_exe()?;
        let mut process = Command::new(me).arg(WORD_PROXIES).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let missing = || io::Error::other("the process has no pipe");
        let input = process.stdin.take().ok_or_else(missing)?;
        let output = BufReader::new(process.stdout.take().ok_or_else(missing)?);
        let mut fleet = Self { process, input, output };
        fleet.say(&invitations.to_string())?;
        Ok(fleet)
    }

    /// Lets all proxies connect at once.
    pub(crate) fn connect(&mut self) -> io::Result<()> {
        self.say("connect").map(drop)
    }

    /// Ends all connections.
    pub(crate) fn leave(&mut self) -> io::Result<()> {
        self.say("leave").map(drop)
    }

    /// What they got since this was asked last.
    pub(crate) fn got(&mut self) -> io::Result<Got> {
        Ok(serde_json::from_str(&self.say("got")?)?)
    }

    fn say(&mut self, line: &str) -> io::Result<String> {
        writeln!(self.input, "{line}")?;
        self.input.flush()?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        if answer.is_empty() { Err(io::Error::other("the proxies are gone")) } else { Ok(answer) }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
