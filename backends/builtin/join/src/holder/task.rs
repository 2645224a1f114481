//! What a holder does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use meshglot_ca::KeyPair;
use time::OffsetDateTime;
use tokio::sync::watch;
use tonic::Status;

use super::backoff::Backoff;
use super::error::HolderError;
use super::settings::Settings;
use crate::connect::{Own, connect};
use crate::held::Held;
use crate::joiner::Joiner;

/// The longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(10);

pub(crate) struct Task {
    settings: Settings,
    held: watch::Sender<Option<Arc<Held>>>,
    error: watch::Sender<Option<String>>,
    /// When the next certificate is asked for.
    due: OffsetDateTime,
    /// Whether the last attempt was made with the certificate, and failed.
    refused: bool,
}

impl Task {
    pub(crate) fn new(mut settings: Settings, held: watch::Sender<Option<Arc<Held>>>, error: watch::Sender<Option<String>>) -> Self {
        let before = settings.held.take();
        let mut task = Self { settings, held, error, due: OffsetDateTime::UNIX_EPOCH, refused: false };
        match before.map(|before| task.read_again(before)) {
            Some(Ok(before)) => {
                task.due = before.renewal((task.settings.random)());
                task.held.send_replace(Some(Arc::new(before)));
            }
            Some(Err(error)) => task.tell(Some(&error)),
            None => {}
        }
        task
    }

    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::new(self.settings.first_pause, self.settings.longest_pause);
        loop {
            let began = Instant::now();
            match self.next().await {
                Ok(()) => {
                    self.tell(None);
                    backoff.reset();
                }
                Err(error) => {
                    self.tell(Some(&error));
                    backoff.lasted(began.elapsed());
                    tokio::time::sleep(backoff.pause((self.settings.random)())).await;
                }
            }
        }
    }

    /// Until there is a new certificate.
    async fn next(&mut self) -> Result<(), HolderError> {
        let now = self.settings.clock.now();
        let held = self.held.borrow().clone().filter(|held| held.lives(now));
        // A control plane that has lost its root knows no certificate of before. Where there is a token, it has its turn every other time:
        // it is used up only by a control plane that its roots vouch for.
        let joins = held.is_none() || self.refused && (self.settings.token.is_some() || self.settings.token_file.is_some());
        let done = match held {
            Some(held) if !joins => self.follow(&held).await,
            _ => self.join().await,
        };
        self.refused = done.is_err() && !joins;
        done
    }

    async fn join(&mut self) -> Result<(), HolderError> {
        let token = self.token()?;
        // With the roots that came with the token: those held may be from before a rotation.
        let mut joiner = self.connect(&self.settings.bundle_pem, None).await?;
        self.sign(&mut joiner, Some(&token)).await?;
        self.settings.token = None;
        Ok(())
    }

    fn token(&self) -> Result<String, HolderError> {
        match (&self.settings.token, &self.settings.token_file) {
            (Some(token), _) => Ok(token.clone()),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|error| HolderError::TokenFile { path: path.clone(), error })?;
                Ok(text.trim().to_owned())
            }
            (None, None) => Err(HolderError::NoToken),
        }
    }

    /// Follows the roots until the certificate is due, and renews it over the same connection.
    async fn follow(&mut self, held: &Held) -> Result<(), HolderError> {
        let mut joiner = self.connect(&held.bundle_pem, Some(held.into())).await?;
        let mut roots = within(joiner.trust()).await?;
        loop {
            let left = self.due - self.settings.clock.now();
            if !left.is_positive() {
                return self.sign(&mut joiner, None).await;
            }
            let wait = left.try_into().unwrap_or(Duration::ZERO).min(self.settings.look);
            tokio::select! {
                message = roots.message() => {
                    self.take_bundle(message?.ok_or(HolderError::Ended)?.bundle_pem)?;
                    self.tell(None);
                }
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Asks for a certificate with a new key.
    async fn sign(&mut self, joiner: &mut Joiner, token: Option<&str>) -> Result<(), HolderError> {
        let key = KeyPair::generate()?;
        let answer = within(joiner.sign(key.csr(&self.settings.id)?, token)).await?;
        let now = self.settings.clock.now();
        let held = Held::new(answer.chain_pem, key.private_key_pem(), answer.bundle_pem, now).map_err(HolderError::Answer)?;
        if held.id != self.settings.id {
            return Err(HolderError::Identity { got: held.id.into(), wanted: self.settings.id.clone().into() });
        }
        // By a clock that is ahead every new certificate is due at once: that must not become a loop.
        self.due = held.renewal((self.settings.random)()).max(now + (held.not_after - now) / 4);
        self.held.send_replace(Some(Arc::new(held)));
        Ok(())
    }

    fn take_bundle(&self, bundle_pem: String) -> Result<(), HolderError> {
        let Some(held) = self.held.borrow().clone() else { return Ok(()) };
        if held.bundle_pem != bundle_pem {
            let held = held.with_bundle(bundle_pem).map_err(HolderError::Answer)?;
            self.held.send_replace(Some(Arc::new(held)));
        }
        Ok(())
    }

    /// They may have been read long ago, or for another proxy.
    fn read_again(&self, held: Held) -> Result<Held, HolderError> {
        let Held { chain_pem, key_pem, bundle_pem, .. } = held;
        let held = Held::new(chain_pem, key_pem, bundle_pem, self.settings.clock.now()).map_err(HolderError::Held)?;
        if held.id != self.settings.id {
            return Err(HolderError::Identity { got: held.id.into(), wanted: self.settings.id.clone().into() });
        }
        Ok(held)
    }

    async fn connect(&self, bundle_pem: &str, own: Option<Own<'_>>) -> Result<Joiner, HolderError> {
        let Settings { address, control_plane, clock, .. } = &self.settings;
        Ok(Joiner::new(connect(*address, bundle_pem, control_plane, own, clock.clone()).await?))
    }

    /// Wakes nobody where nothing changed.
    fn tell(&self, error: Option<&HolderError>) {
        let text = error.map(ToString::to_string);
        self.error.send_if_modified(|told| {
            let changed = *told != text;
            *told = text;
            changed
        });
    }
}

async fn within<T>(answer: impl Future<Output = Result<T, Status>>) -> Result<T, HolderError> {
    Ok(tokio::time::timeout(ANSWER, answer).await.map_err(|_| HolderError::Slow)??)
}
