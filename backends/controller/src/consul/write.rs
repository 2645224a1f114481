//! Writes to a Consul server: each in the place of the version that is known, so that nobody's edit is lost.

use std::sync::Arc;
use std::time::Duration;

use meshglot_translator::render::ObjectId;
use meshglot_translator::status::Applied;
use serde_json::Value;
use tokio::time::Instant;

use super::entry::{is_named, object, path, written};
use super::server::Server;
use crate::answer::Answer;
use crate::live::{Live, version};

/// How long a write may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server, until somebody else may write.
#[derive(Clone)]
pub(crate) struct Writer {
    pub(crate) server: Arc<Server>,
    pub(crate) until: Instant,
}

impl Writer {
    /// Writes an entry. One that is not known as ours is looked at first: what is somebody else's is never touched.
    pub(crate) async fn apply(self, id: ObjectId, body: Arc<Value>, known: Option<u64>) -> Answer {
        match self.applied(&id, &body, known).await {
            Ok(answer) => answer,
            Err(why) => Answer::Failed(why),
        }
    }

    async fn applied(&self, id: &ObjectId, body: &Value, known: Option<u64>) -> Result<Answer, Applied> {
        let end = self.end();
        let place = match known {
            Some(version) => version,
            None => match self.server.get(&body["spec"], end).await? {
                None => 0,
                Some(found) => match self.ours(found, id) {
                    None => return Err(foreign(&body["spec"])),
                    Some(found) if is_named(&found, id) => return Ok(Answer::Found(Box::new(found))),
                    // Ours for an object that had its name before.
                    Some(found) => version(&found),
                },
            },
        };
        let is_written = self.server.put(&written(body, &self.server.cluster), place, end).await?;
        match self.server.get(&body["spec"], end).await? {
            Some(found) => match self.ours(found, id) {
                None => Err(foreign(&body["spec"])),
                Some(found) if is_written => Ok(Answer::Live(Box::new(found))),
                Some(found) => Ok(Answer::Found(Box::new(found))),
            },
            None => Err(Applied::Pending(format!("somebody else has deleted {} meanwhile", path(&body["spec"])))),
        }
    }

    /// Deletes an entry, if it is still the one that is known.
    pub(crate) async fn delete(self, id: ObjectId, live: Live) -> Answer {
        let (end, entry) = (self.end(), &live.whole()["spec"]);
        match self.server.delete(entry, live.version(), end).await {
            Ok(true) => Answer::Gone,
            Ok(false) => match self.server.get(entry, end).await {
                Ok(Some(found)) if self.ours(found.clone(), &id).is_some_and(|found| is_named(&found, &id)) => {
                    Answer::Failed(Applied::Pending(format!("somebody else has changed {} meanwhile", path(entry))))
                }
                // Another one of its name is there, or none: the watch tells which.
                Ok(_) => Answer::Gone,
                Err(why) => Answer::Failed(why),
            },
            Err(why) => Answer::Failed(why),
        }
    }

    fn ours(&self, entry: Value, id: &ObjectId) -> Option<Value> {
        object(entry, &id.api_version, &id.kind, &self.server.cluster)
    }

    fn end(&self) -> Instant {
        self.until.min(Instant::now() + PATIENCE)
    }
}

fn foreign(entry: &Value) -> Applied {
    Applied::Rejected(format!("{} is there already, and not ours: it is not touched", path(entry)))
}
