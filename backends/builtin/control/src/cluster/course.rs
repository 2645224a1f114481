//! One control plane beside others: it signs by what the Secret says, and takes the next step of a rotation when it is time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::Secret;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::watch_object;
use meshglot_join::Clock;
use tokio::time::{MissedTickBehavior, interval};

use super::Cluster;
use super::secret::{AUTHORITY, is_asked, read, write};
use crate::authority::Keeper;
use crate::control::Tell;

/// How often the time is looked at.
const LOOK: Duration = Duration::from_secs(5);

pub(super) async fn follow(cluster: Cluster, keeper: Arc<Keeper>, clock: Arc<dyn Clock>, tell: Tell) {
    let mut watched = watch_object(cluster.secrets(), AUTHORITY).default_backoff().boxed();
    let mut course = Course { cluster, keeper, clock, tell, seen: None, is_unusable: false, told: None };
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            word = watched.next() => match word {
                Some(Ok(secret)) => course.take(secret),
                Some(Err(error)) => course.trouble(format!("Secret {AUTHORITY} cannot be watched: {error}")),
                // A watch has no end.
                None => return,
            },
            _ = looks.tick() => {}
        }
        course.step().await;
    }
}

struct Course {
    cluster: Cluster,
    keeper: Arc<Keeper>,
    clock: Arc<dyn Clock>,
    tell: Tell,
    /// Outside: whether it is known. Inside: whether there is a Secret.
    seen: Option<Option<Secret>>,
    /// Somebody has put something there that is no authority: it is not written over.
    is_unusable: bool,
    /// What was told last, once.
    told: Option<String>,
}

impl Course {
    /// Signs by what the Secret says from now on; by one that cannot be used nobody does.
    fn take(&mut self, secret: Option<Secret>) {
        let found = secret.as_ref().map(|secret| read(secret, self.keeper.signs().borrow().trust_domain(), self.clock.now())).transpose();
        self.seen = Some(secret);
        self.is_unusable = found.is_err();
        match found.map(Option::flatten) {
            Ok(None) => {}
            Ok(Some(authority)) => match self.keeper.take(authority, self.clock.now()) {
                Ok(()) => self.told = None,
                Err(error) => self.trouble(error.to_string()),
            },
            Err(why) => self.trouble(format!("{why}; it goes on by what it has")),
        }
    }

    /// Whatever is to be done about the Secret at this time.
    async fn step(&mut self) {
        let Some(seen) = &self.seen else { return };
        let now = self.clock.now();
        let is_empty = |secret: &Secret| secret.data.iter().flatten().all(|(_, field)| field.0.is_empty());
        let next = if seen.as_ref().is_none_or(is_empty) {
            // Proxies trust what it has: another root would leave them without a mesh.
            Ok(Some((self.keeper.signs().borrow().as_ref().clone(), "the Secret of the authority was gone, and is there again")))
        } else if self.is_unusable {
            Ok(None)
        } else {
            self.keeper.next(seen.as_ref().is_some_and(is_asked), now)
        };
        let next = match next {
            Ok(Some(next)) => next,
            Ok(None) => return,
            Err(error) => return self.trouble(error.to_string()),
        };
        let (authority, done) = next;
        match write(&self.cluster.secrets(), seen.as_ref(), &authority).await {
            Ok(Some(written)) => {
                self.take(Some(written));
                (self.tell)(done);
            }
            // The watch tells what is there instead.
            Ok(None) => self.seen = None,
            Err(error) => (self.tell)(&format!("Secret {AUTHORITY} cannot be written: {error}")),
        }
    }

    fn trouble(&mut self, why: String) {
        if self.told.as_ref() != Some(&why) {
            (self.tell)(&format!("the authority: {why}"));
            self.told = Some(why);
        }
    }
}
