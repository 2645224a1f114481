//! One object that is followed.

use std::fmt::Debug;
use std::pin::Pin;

use futures_util::{Stream, StreamExt as _};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, watch_object};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

/// What a watch says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// It was read, or is otherwise, or is gone.
    Is,
    /// It cannot be followed now, and why; that is tried again.
    Trouble(String),
}

/// An object of a name, whether it is there or not.
pub(super) struct Watched<K> {
    stream: Pin<Box<dyn Stream<Item = Result<Option<K>, watcher::Error>> + Send>>,
    /// Inside: whether it is there. Outside: whether that is known.
    seen: Option<Option<K>>,
}

impl<K: Resource + Clone + DeserializeOwned + Debug + Send + 'static> Watched<K> {
    pub(super) fn new(api: Api<K>, name: &str) -> Self {
        Self { stream: watch_object(api, name).default_backoff().boxed(), seen: None }
    }

    /// The next word of it; where this is dropped nothing is lost.
    pub(super) async fn next(&mut self) -> Word {
        match self.stream.next().await {
            Some(Ok(seen)) => {
                self.seen = Some(seen);
                Word::Is
            }
            Some(Err(error)) => Word::Trouble(error.to_string()),
            // A watch has no end.
            None => std::future::pending().await,
        }
    }

    /// It as it was seen last.
    pub(super) fn seen(&self) -> Option<Option<&K>> {
        self.seen.as_ref().map(Option::as_ref)
    }

    /// We have written it, before the watch says so.
    pub(super) fn is(&mut self, written: K) {
        self.seen = Some(Some(written));
    }
}
