//! The secrets of one proxy, whichever it is: it joins, keeps them fresh, and keeps them on its disk.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use meshglot_join::{Clock, Held, Holder, Settings, SystemClock};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::agent::{AgentError, Event};
use crate::invitation::Invitation;
use crate::kept::Kept;

/// They are kept fresh until this is dropped.
#[derive(Debug)]
pub struct SecretsKept {
    holder: Holder,
    /// What tells of it ends with it.
    _tasks: JoinSet<()>,
}

impl SecretsKept {
    /// Begins in the folder of a proxy, which it makes, and which only its user may enter. Without a token in the invitation one is read
    /// from `token_file`, or the folder has a certificate. It has to be called within a runtime.
    ///
    /// # Errors
    /// The invitation is wrong, or the folder cannot be used.
    pub fn begin(
        invitation: &Invitation,
        token_file: Option<&Path>,
        folder: &Path,
        events: &mpsc::UnboundedSender<Event>,
    ) -> Result<Self, AgentError> {
        let mut settings =
            Settings::new(invitation.control_plane, invitation.control_plane_id()?, invitation.id()?, invitation.roots.clone());
        prepare(folder).map_err(AgentError::Folder)?;
        let kept = Kept::of(folder);
        settings.held = kept.read(SystemClock.now()).map_err(AgentError::Folder)?;
        settings.token.clone_from(&invitation.token);
        settings.token_file = token_file.map(Path::to_owned);
        let holder = Holder::run(settings);
        let mut tasks = JoinSet::new();
        tasks.spawn(tell_trouble(holder.error(), events.clone()));
        tasks.spawn(keep(holder.held(), kept, events.clone()));
        Ok(Self { holder, _tasks: tasks })
    }

    /// The newest secrets; none before the first join.
    pub fn held(&self) -> watch::Receiver<Option<Arc<Held>>> {
        self.holder.held()
    }

    /// The time of day that they are kept by.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }
}

/// A folder that only its owner may enter.
fn prepare(folder: &Path) -> io::Result<()> {
    let failed = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.display()));
    fs::create_dir_all(folder).and_then(|()| fs::set_permissions(folder, Permissions::from_mode(0o700))).map_err(failed)
}

async fn tell_trouble(mut error: watch::Receiver<Option<String>>, events: mpsc::UnboundedSender<Event>) {
    loop {
        if let Some(why) = error.borrow_and_update().clone() {
            let _ = events.send(Event::Trouble(why));
        }
        if error.changed().await.is_err() {
            return;
        }
    }
}

async fn keep(mut held: watch::Receiver<Option<Arc<Held>>>, kept: Kept, events: mpsc::UnboundedSender<Event>) {
    let mut told = None;
    loop {
        let newest = held.borrow_and_update().clone();
        if let Some(newest) = newest {
            if let Err(error) = kept.write(&newest) {
                let _ =
                    events.send(Event::Trouble(format!("the certificate is not kept, so that another start needs another token: {error}")));
            }
            // Other roots are no other certificate.
            if told.replace(newest.not_after) != Some(newest.not_after) {
                let _ = events.send(Event::Holds { not_after: newest.not_after });
            }
        }
        if held.changed().await.is_err() {
            return;
        }
    }
}
