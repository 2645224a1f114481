//! Watches the entries of one kind by blocking queries, whatever happens to the server.

use std::sync::Arc;
use std::time::Duration;

use kube::core::ApiResource;
use meshglot_translator::status::Applied;
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep};

use super::entry::{entry_kind, object};
use super::server::{Listed, Server};
use crate::answered::words;
use crate::backoff::Backoff;
use crate::found::Found;
use crate::kinds::Watched;
use crate::served::Served;

/// How long one question waits for news, in seconds.
const WAIT: u64 = 55;

/// A server that does not answer for so long is away.
const AWAY: Duration = Duration::from_secs(2);

/// The longest pause: who is back is to be seen soon.
const LONGEST: Duration = Duration::from_secs(5);

/// Watches the kind at a place in the list of all; it ends when nobody listens.
pub(crate) async fn follow(server: Arc<Server>, place: usize, kind: Watched, found: Sender<Found>) {
    let mut backoff = Backoff::default();
    let entries_of = entry_kind(kind.kind);
    let mut index = 0;
    let mut known: Option<Vec<Value>> = None;
    let mut told: Option<Applied> = None;
    let mut silent_since: Option<Instant> = None;
    while !found.is_closed() {
        match server.list(&entries_of, index, WAIT).await {
            Ok(Listed { entries, index: next, is_filtered }) => {
                backoff = Backoff::default();
                (silent_since, told) = (None, None);
                // Where it counts anew, so does whoever asks; 0 would not wait.
                index = if next < index { 0 } else { next.max(1) };
                if is_filtered {
                    let why = format!("the token may not read every {entries_of} of Consul: what it does not see it does not keep");
                    let _ = found.send(Found::Trouble(why)).await;
                }
                if known.as_ref() != Some(&entries) {
                    tell(&server, place, &kind, &entries, &found).await;
                    known = Some(entries);
                }
            }
            Err(why) => {
                let _ = found.send(Found::Trouble(format!("cannot watch {entries_of}: {}", words(&why)))).await;
                let is_away = silent_since.get_or_insert_with(Instant::now).elapsed() >= AWAY;
                if (is_away || matches!(why, Applied::Rejected(_))) && told.as_ref() != Some(&why) {
                    // All of it is told again afterwards.
                    (index, known, told) = (0, None, Some(why.clone()));
                    let _ = found.send(Found::Served(place, Served::Away(why))).await;
                }
                sleep(backoff.next().min(LONGEST)).await;
            }
        }
    }
}

async fn tell(server: &Server, place: usize, kind: &Watched, entries: &[Value], found: &Sender<Found>) {
    let version = kind.versions[0];
    let api_version = kind.api_version(version);
    let resource = ApiResource {
        group: kind.group.to_owned(),
        version: version.to_owned(),
        api_version: api_version.clone(),
        kind: kind.kind.to_owned(),
        plural: kind.plural.clone(),
    };
    let ours = entries.iter().filter_map(|entry| object(entry.clone(), &api_version, kind.kind, &server.cluster));
    let objects = ours.map(|object| Found::Object(place, Box::new(object)));
    let first = [Found::Served(place, Served::Yes { resource, has_status: false }), Found::List(place)];
    for one in first.into_iter().chain(objects).chain([Found::Listed(place)]) {
        if found.send(one).await.is_err() {
            return;
        }
    }
}
