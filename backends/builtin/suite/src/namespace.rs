//! One network namespace, and sockets that are made within it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A namespace with a name of its own; it is deleted when this is dropped, with all that is in it.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    pub(crate) fn new(name: String) -> io::Result<Self> {
        run("ip", &["netns", "add", &name], "")?;
        let made = Self { name };
        made.run("ip", &["link", "set", "lo", "up"], "")?;
        Ok(made)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The file that programs such as `nsenter` know it by.
    pub fn path(&self) -> PathBuf {
        PathBuf::from("/run/netns").join(&self.name)
    }

    /// Runs a program within it, to its end.
    ///
    /// # Errors
    /// It cannot be started, or it complains: of what, is told.
    pub fn run(&self, program: &str, words: &[&str], input: &str) -> io::Result<()> {
        let net = format!("--net={}", self.path().display());
        let words: Vec<&str> = [net.as_str(), program].into_iter().chain(words.iter().copied()).collect();
        run("nsenter", &words, input)
    }

    /// Does something on a thread that is within it: a socket stays where it was made.
    ///
    /// # Errors
    /// Those of the work, or the namespace is gone.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        let file = File::open(self.path())?;
        std::thread::scope(|scope| {
            let thread = scope.spawn(move || {
                move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?;
                work()
            });
            thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread of a namespace panicked")))
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = run("ip", &["netns", "del", &self.name], "");
    }
}

/// Runs a program to its end; what it complains of is the error.
pub(crate) fn run(program: &str, words: &[&str], input: &str) -> io::Result<()> {
    let mut command = Command::new(program);
    let mut child = command.args(words).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        io::Write::write_all(&mut stdin, input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{program} {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr).trim())))
}
