//! A watch, event by event.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::WatchParams;
use kube::core::WatchEvent;
use kube::{Api, Client};

/// How long an event is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

type Events = Pin<Box<dyn Stream<Item = Result<WatchEvent<ConfigMap>, kube::Error>> + Send>>;

/// One request for changes; it is not made again when it ends.
pub(crate) struct Watch(Events);

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// An object of this name was made, changed or deleted.
    Change(String),
    /// The API server says no, in this code.
    Refused(u16),
    /// The stream ended, well or not.
    Ended,
}

impl Watch {
    pub(crate) async fn begin(client: &Client, namespace: &str, version: &str) -> Self {
        let maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
        let events = maps.watch(&WatchParams::default().disable_bookmarks(), version).await.expect("an answer");
        Self(events.boxed())
    }

    pub(crate) async fn next(&mut self) -> Seen {
        let event = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something happens");
        match event {
            Some(Ok(WatchEvent::Added(map) | WatchEvent::Modified(map) | WatchEvent::Deleted(map))) => {
                Seen::Change(map.metadata.name.expect("a name"))
            }
            Some(Ok(WatchEvent::Error(status))) => Seen::Refused(status.code),
            Some(Ok(WatchEvent::Bookmark(_))) => panic!("nobody asked for it"),
            None | Some(Err(_)) => Seen::Ended,
        }
    }
}
