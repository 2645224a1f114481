//! A process that was started here: what it has used, and its end.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to end by itself.
const END: Duration = Duration::from_secs(2);

/// Ticks of the kernel's clock in a second, as `/proc` tells them on every Linux.
const TICKS: f64 = 100.0;

/// Ended by its id when this is dropped.
pub(crate) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Running {
    /// Another program; what it says on its standard output nobody reads.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        Ok(Self { child, input: None, output: None })
    }

    /// This very program in another part. It is spoken to in lines, and ends with its standard input.
    pub(crate) fn part(words: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        Self::spoken(command.arg(super::WORD_PART).args(words))
    }

    /// Another program that speaks as a part does; its standard input is open until this is dropped.
    pub(crate) fn spoken(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take().map(BufReader::new));
        Ok(Self { child, input, output })
    }

    /// The same, with its standard output thrown away.
    pub(crate) fn silent_part(words: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg(super::WORD_PART).args(words).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let input = child.stdin.take();
        Ok(Self { child, input, output: None })
    }

    pub(crate) fn say(&mut self, line: &str) -> io::Result<()> {
        let input = self.input.as_mut().ok_or_else(|| io::Error::other("nobody listens"))?;
        writeln!(input, "{line}")?;
        input.flush()
    }

    /// Its next line.
    pub(crate) fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if let Some(output) = &mut self.output {
            output.read_line(&mut line)?;
        }
        if line.is_empty() { Err(io::Error::other("a process of the bench has ended")) } else { Ok(line.trim_end().to_owned()) }
    }

    /// Time on processors, of all its threads, in seconds.
    pub(crate) fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name in parentheses may hold anything.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = |at: usize| fields.split_whitespace().nth(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
        (ticks(11) + ticks(12)) / TICKS
    }

    /// Memory that it holds, in MiB.
    pub(crate) fn memory(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// What of it is no file, and therefore its own alone.
    pub(crate) fn own_memory(&self) -> f64 {
        self.status("RssAnon:")
    }

    fn status(&self, what: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(what));
        let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
        kib.unwrap_or_default() / 1024.0
    }

    /// Why it has ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten().map(|status| status.to_string())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let closed = self.input.take().is_some();
        let end = Instant::now() + END;
        while closed && Instant::now() < end && self.child.try_wait().is_ok_and(|status| status.is_none()) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
