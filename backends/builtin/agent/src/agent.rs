//! An agent at work: it joins, keeps the secrets fresh, hands them to Envoy, and keeps Envoy running.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;

use crate::bootstrap::Bootstrap;
use crate::envoy::{Envoy, StartError};
use crate::invitation::{Invitation, InvitationError};
use crate::sds::SecretService;
use crate::secrets_kept::SecretsKept;

/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// The first and the longest pause before a process that ended is started again, and how long one has to live to begin anew.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const LIVED: Duration = Duration::from_secs(60);

/// What an agent is told before it begins.
#[derive(Debug)]
pub struct Agent {
    /// Who it is for, and how to join.
    pub invitation: Invitation,
    /// A file with a token that may be used again; absent: the invitation has one, or the folder a certificate.
    pub token_file: Option<PathBuf>,
    /// The one of the workload's instances: a name of its own.
    pub instance: String,
    /// Its folder: sockets, secrets and the bootstrap. Only its user may enter it.
    pub folder: PathBuf,
    /// Envoy.
    pub program: PathBuf,
    /// Takes what Envoy says and the access log; absent: the file `log` of the folder.
    pub log: Option<File>,
}

/// What happens meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It has a certificate, until then.
    Holds {
        /// The last second of its life.
        not_after: OffsetDateTime,
    },
    /// It does not get on; for people.
    Trouble(String),
    /// The proxy runs.
    Started {
        /// What it is called, such as `envoy`.
        proxy: &'static str,
    },
    /// Envoy ended by itself and is started again after this pause.
    Ended {
        /// How long.
        pause: Duration,
    },
}

/// Why an agent cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// What it was given is no invitation.
    #[error(transparent)]
    Invitation(#[from] InvitationError),
    /// Its folder cannot be used.
    #[error("{0}")]
    Folder(io::Error),
    /// Envoy cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Agent {
    /// Runs until `stop` holds true or is gone, then ends Envoy. Events go to `events` as long as somebody takes them.
    ///
    /// # Errors
    /// Its folder cannot be used, or Envoy cannot be started at all.
    pub async fn run(self, mut stop: watch::Receiver<bool>, events: mpsc::UnboundedSender<Event>) -> Result<(), AgentError> {
        let bootstrap = self.bootstrap()?;
        // Before a token may be used up.
        bootstrap.check_paths()?;
        let secrets = SecretsKept::begin(&self.invitation, self.token_file.as_deref(), &self.folder, &events)?;
        // Everything that is spawned here ends with this.
        let mut tasks = JoinSet::new();
        let listener = listen(&bootstrap.agent_socket()).map_err(AgentError::Folder)?;
        let service = SecretService::new(secrets.held()).service();
        tasks.spawn(async move {
            // It ends with the agent alone.
            let _ = Server::builder().add_service(service).serve_with_incoming(UnixListenerStream::new(listener)).await;
        });
        let mut held = secrets.held();
        tokio::select! {
            // An Envoy without secrets could only wait, and would say so again and again.
            () = async { drop(held.wait_for(Option::is_some).await) } => {}
            () = asked(&mut stop) => return Ok(()),
        }
        self.keep_running(&bootstrap, stop, &events).await
    }

    fn bootstrap(&self) -> Result<Bootstrap, AgentError> {
        Ok(Bootstrap {
            id: format!("{}/{}", self.invitation.workload, self.instance),
            trust_domain: self.invitation.id()?.trust_domain().to_string(),
            control_plane: self.invitation.control_plane,
            folder: self.folder.clone(),
        })
    }

    async fn keep_running(
        &self,
        bootstrap: &Bootstrap,
        mut stop: watch::Receiver<bool>,
        events: &mpsc::UnboundedSender<Event>,
    ) -> Result<(), AgentError> {
        let (mut pause, mut ran) = (FIRST_PAUSE, false);
        loop {
            let started = self.log().map_err(AgentError::Folder).and_then(|log| Ok(Envoy::start(&self.program, bootstrap, log)?));
            let mut envoy = match started {
                Ok(envoy) => envoy,
                // A program that is being replaced is there again in a moment; one that never was is a mistake.
                Err(error) if ran => {
                    let _ = events.send(Event::Trouble(error.to_string()));
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = asked(&mut stop) => return Ok(()),
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    continue;
                }
                Err(error) => return Err(error),
            };
            ran = true;
            let began = Instant::now();
            let _ = events.send(Event::Started { proxy: "envoy" });
            loop {
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = asked(&mut stop) => return end(envoy).await,
                }
                if envoy.has_ended() {
                    break;
                }
            }
            if began.elapsed() >= LIVED {
                pause = FIRST_PAUSE;
            }
            let _ = events.send(Event::Ended { pause });
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = asked(&mut stop) => return Ok(()),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn log(&self) -> io::Result<File> {
        match &self.log {
            Some(log) => log.try_clone(),
            None => {
                let path = self.folder.join("log");
                let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
                opened.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
            }
        }
    }
}

/// Until it is to stop. A sender that is gone has nothing more to say either.
async fn asked(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// Waits for the process on a thread that may.
async fn end(envoy: Envoy) -> Result<(), AgentError> {
    let _ = tokio::task::spawn_blocking(move || drop(envoy)).await;
    Ok(())
}

/// The socket of before is nobody's any more.
fn listen(socket: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    UnixListener::bind(socket).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", socket.display())))
}
