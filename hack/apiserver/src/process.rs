//! A process that ends with whoever started it, however that ends.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// So much of a log is shown when something went wrong.
const SAID: usize = 4096;

/// It runs until this is dropped, and no longer than this process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program. What it says is appended to the file.
    ///
    /// # Errors
    /// The file cannot be written, or the program cannot be started.
    pub fn start(program: &Path, words: &[String], log: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new("setpriv");
        // The system ends it with the thread that started it: a test that is killed leaves nothing behind.
        command.args(["--pdeathsig", "KILL"]).arg(OsString::from(program)).args(words);
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        Ok(Self { child: spawn(command)?, log: log.to_owned() })
    }

    /// Its number: `setpriv` becomes the program.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is no process any more.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The end of its log.
    pub fn said(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&text[text.len().saturating_sub(SAID)..]).into_owned()
    }

    /// Ends it at once, as a machine does that loses its power.
    pub fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

type Spawn = (Command, Sender<io::Result<Child>>);

/// On a thread that lives as long as this process: that of a test ends with the test, and a shared server must not.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    static KEEPER: OnceLock<Sender<Spawn>> = OnceLock::new();
    let keeper = KEEPER.get_or_init(|| {
        let (orders, taken) = channel::<Spawn>();
        thread::spawn(move || {
            for (mut command, answer) in taken {
                // Nobody waits where a test was given up.
                let _ = answer.send(command.spawn());
            }
        });
        orders
    });
    let gone = || io::Error::other("the thread that starts processes has ended");
    let (answer, answered) = channel();
    keeper.send((command, answer)).map_err(|_| gone())?;
    answered.recv().map_err(|_| gone())?
}
