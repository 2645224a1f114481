//! One process that is kept running.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Tell;
use super::with_parent::{own_program, words};

/// The first and the longest pause before a process that ended is started again, and how long one has to live to begin anew.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const LIVED: Duration = Duration::from_secs(20);

/// How long a process may take to end by itself: a proxy lets calls end for 5 s.
const END: Duration = Duration::from_secs(6);

/// What a process reads on its standard input, made anew for each start.
pub(crate) enum Input {
    /// Text, made anew.
    Text(Box<dyn Fn() -> Result<Vec<u8>, String> + Send + Sync>),
    /// A socket that stays open from start to start, so that no caller finds it closed.
    Socket(TcpListener),
}

/// A process that is to run.
pub(crate) struct Unit {
    /// For people, and unlike those of all others.
    pub(crate) name: String,
    /// The program and its words.
    pub(crate) command: Vec<OsString>,
    /// Absent: nothing can be read.
    pub(crate) input: Option<Input>,
    /// Where it goes what it says.
    pub(crate) voice: Voice,
}

/// Where it goes what a process says.
pub(crate) enum Voice {
    /// To a file of its name, in a folder that is said when it is started.
    Folder,
    /// Standard output and error are appended to a file that only its owner reads.
    File(PathBuf),
    /// Lines of standard error are told; standard output is nobody's.
    Told,
}

/// What happens to a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    /// It runs.
    Started,
    /// It has said a line.
    Said(String),
    /// It cannot be started, and is tried again after the pause.
    Trouble(String, Duration),
    /// It has ended by itself in this way, and is started again after the pause.
    Ended(ExitStatus, Duration),
}

impl Unit {
    /// With a file in this folder for what it says.
    pub(crate) fn logging_to(self, folder: &Path) -> Self {
        let file = folder.join(format!("{}.log", self.name));
        Self { voice: Voice::File(file), ..self }
    }

    /// Runs until `stop` holds true or is gone.
    pub(super) async fn keep_running(self, mut stop: watch::Receiver<bool>, tell: Tell) {
        let mut pause = FIRST_PAUSE;
        loop {
            let since = Instant::now();
            match self.start() {
                Err(why) => tell(&self.name, Happened::Trouble(why, pause)),
                Ok(mut started) => {
                    tell(&self.name, Happened::Started);
                    let said = self.listen(&mut started, &tell);
                    self.feed(&mut started).await;
                    let group = started.id();
                    let ended = tokio::select! {
                        ended = started.wait() => Some(ended),
                        () = asked(&mut stop) => None,
                    };
                    let Some(ended) = ended else {
                        end(started).await;
                        heard(said).await;
                        return;
                    };
                    // What it has started and could not end any more would stand in the way of the next one: an Envoy has its ports.
                    if let Some(group) = group {
                        let _ = kill_process_group(group, Signal::KILL);
                    }
                    heard(said).await;
                    if since.elapsed() >= LIVED {
                        pause = FIRST_PAUSE;
                    }
                    match ended {
                        Ok(status) => tell(&self.name, Happened::Ended(status, pause)),
                        Err(error) => tell(&self.name, Happened::Trouble(error.to_string(), pause)),
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = asked(&mut stop) => return,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn start(&self) -> Result<Started, String> {
        let mut command = Command::new(own_program());
        command.arg0("meshglot").args(words(&self.command));
        // A Ctrl-C on the terminal is for the one who ends them in order.
        command.process_group(0).kill_on_drop(true);
        let (stdin, input) = match &self.input {
            None => (Stdio::null(), None),
            Some(Input::Text(make)) => (Stdio::piped(), Some(make()?)),
            Some(Input::Socket(listener)) => (OwnedFd::from(listener.try_clone().map_err(|error| error.to_string())?).into(), None),
        };
        command.stdin(stdin);
        match &self.voice {
            Voice::Told | Voice::Folder => command.stdout(Stdio::null()).stderr(Stdio::piped()),
            Voice::File(path) => {
                let file = log(path)?;
                let second = file.try_clone().map_err(|error| error.to_string())?;
                command.stdout(file).stderr(second)
            }
        };
        let child = command.spawn().map_err(|error| format!("it cannot be started: {error}"))?;
        Ok(Started { child, input })
    }

    fn listen(&self, started: &mut Started, tell: &Tell) -> Option<JoinHandle<()>> {
        let mut lines = BufReader::new(started.child.stderr.take()?).lines();
        let (name, tell) = (self.name.clone(), tell.clone());
        Some(tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                tell(&name, Happened::Said(line));
            }
        }))
    }

    async fn feed(&self, started: &mut Started) {
        if let (Some(bytes), Some(mut stdin)) = (started.input.take(), started.child.stdin.take()) {
            // One that ends without having read it is told as one that has ended.
            let _ = stdin.write_all(&bytes).await;
        }
    }
}

/// A process with what it is to read.
struct Started {
    child: Child,
    input: Option<Vec<u8>>,
}

impl Started {
    /// The number of its process, and of the group that it leads, until it is waited for.
    fn id(&self) -> Option<Pid> {
        self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
    }

    async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }
}

/// Lets it finish what it does, for a while; whatever it has started besides goes with it.
async fn end(mut started: Started) {
    let Some(pid) = started.id() else { return };
    // It may just have ended.
    let _ = kill_process(pid, Signal::TERM);
    let _ = tokio::time::timeout(END, started.wait()).await;
    let _ = kill_process_group(pid, Signal::KILL);
    let _ = started.wait().await;
}

/// What it said last is told before it is said that it has ended; not for ever, since a child of its own may hold the pipe.
async fn heard(said: Option<JoinHandle<()>>) {
    if let Some(said) = said {
        let _ = tokio::time::timeout(Duration::from_millis(100), said).await;
    }
}

/// Until it is to stop.
async fn asked(stop: &mut watch::Receiver<bool>) {
    // Whoever could ask is gone: that is an end, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn log(path: &Path) -> Result<File, String> {
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    opened.map_err(|error| format!("{}: {error}", path.display()))
}
