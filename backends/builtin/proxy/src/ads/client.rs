//! A client that keeps a stream open for as long as it runs.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use meshglot_join::{Backoff, Held};
use tokio::sync::watch;

use super::error::StreamError;
use super::settings::Settings;
use super::status::Status;
use super::stream::Stream;
use super::take::Take;
use super::taken::Taken;
use crate::store::{Keeper, Store};

/// Follows what a control plane says.
pub struct Client {
    settings: Settings,
    status: watch::Sender<Status>,
}

impl Client {
    /// Nothing is connected yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, status: watch::Sender::default() }
    }

    /// How it gets on.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Takes what `store` kept, then whatever the control plane says, until `stop` holds true or its sender is gone. What was taken is
    /// in `store` when this returns.
    ///
    /// It connects again with growing pauses (0.1 s to 30 s, less up to a half by chance), and at once where there is a new certificate.
    /// An open stream goes on with the certificate that it was opened with.
    pub async fn run<T: Take>(mut self, take: T, store: Store, mut stop: watch::Receiver<bool>) {
        let resources = Arc::new(Mutex::default());
        let mut taken = Taken::new(take, resources.clone());
        match store.read() {
            Ok(kept) => taken.load(kept),
            Err(error) => self.tell(|status| status.store_error = Some(error.to_string())),
        }
        self.note(&taken);
        self.tell(|status| status.loaded = status.taken.values().sum());
        let mut keeper = Keeper::run(store, resources, self.status.clone());
        tokio::select! {
            () = async { drop(stop.wait_for(|stop| *stop).await) } => {}
            never = self.follow(&mut taken, &keeper) => match never {},
        }
        self.tell(|status| status.connected = false);
        keeper.finish().await;
    }

    async fn follow<T: Take>(&mut self, taken: &mut Taken<T>, keeper: &Keeper) -> Infallible {
        let mut backoff = Backoff::new(self.settings.first_pause, self.settings.longest_pause);
        loop {
            let began = Instant::now();
            let Err(error) = self.stream(taken, keeper, &mut backoff).await;
            self.tell(|status| (status.connected, status.last_error) = (false, Some(error.to_string())));
            backoff.lasted(began.elapsed());
            let pause = backoff.pause((self.settings.random)());
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = renewed(&mut self.settings.held) => {}
            }
        }
    }

    /// One stream, from its beginning to its end.
    async fn stream<T: Take>(&mut self, taken: &mut Taken<T>, keeper: &Keeper, backoff: &mut Backoff) -> Result<Infallible, StreamError> {
        let held = self.held().await.ok_or(StreamError::NoCertificate)?;
        if !held.lives(self.settings.clock.now()) {
            return Err(StreamError::Expired(held.not_after));
        }
        let stream = Stream::open(&self.settings, &held, taken).await?;
        // What was refused comes again, if it is still there.
        taken.refused.clear();
        self.note(taken);
        self.tell(|status| (status.connected, status.connections) = (true, status.connections + 1));
        let heard = |taken: &Taken<T>| {
            backoff.reset();
            keeper.wake();
            self.note(taken);
        };
        stream.follow(&self.settings, taken, heard).await
    }

    /// The newest secrets. The first are waited for without a word for a while: who gets them has its own to say.
    async fn held(&mut self) -> Option<Arc<Held>> {
        let held = self.settings.held.wait_for(Option::is_some);
        tokio::time::timeout(self.settings.longest_pause, held).await.ok()?.ok()?.clone()
    }

    fn note<T: Take>(&self, taken: &Taken<T>) {
        self.tell(|status| (status.refused, status.taken) = (taken.refused.clone(), taken.counts()));
    }

    /// Wakes nobody where nothing changed.
    fn tell(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status != before
        });
    }
}

/// Until there is another certificate. A sender that is gone brings none.
async fn renewed(held: &mut watch::Receiver<Option<Arc<Held>>>) {
    if held.changed().await.is_err() {
        std::future::pending().await
    }
}
