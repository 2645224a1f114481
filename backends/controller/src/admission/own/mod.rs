//! A certificate of our own: all controllers serve by what one Secret holds, and the one that leads makes and renews that, and says in
//! the configuration of the webhook who is to be trusted.

mod bundle;
mod course;
mod held;
mod issue;
mod need;
mod secret;
mod stands;
mod trust;
mod watched;
#[cfg(test)]
mod years;

use std::sync::Arc;

use kube::Client;
use rustls::ServerConfig;
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::Told;
use crate::lead::Lead;
use crate::metrics::Metrics;
use course::Course;

pub use stands::webhook_stands;

/// The name of the Service, of the Secret, and of the roles of a webhook.
pub const HOOK: &str = "meshglot-webhook";

/// The name of the ValidatingWebhookConfiguration, and of the MutatingWebhookConfiguration.
pub const CONFIGURATION: &str = "meshglot";

/// Who writes, as the API server knows it.
const MANAGER: &str = "meshglot-webhook";

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// Hears what happens.
type Tell = Arc<dyn Fn(Told) + Send + Sync>;

/// A certificate that controllers keep themselves, for the Service `meshglot-webhook` of a namespace. Clones are the same.
#[derive(Clone)]
pub struct OwnCertificate {
    namespace: String,
    clock: Clock,
    injects: bool,
    newest: watch::Sender<Option<Arc<ServerConfig>>>,
}

impl OwnCertificate {
    /// In a namespace, by the time of this machine.
    pub fn new(namespace: &str) -> Self {
        Self::by(namespace, Arc::new(OffsetDateTime::now_utc))
    }

    /// By another clock.
    pub fn by(namespace: &str, clock: Clock) -> Self {
        Self { namespace: namespace.to_owned(), clock, injects: false, newest: watch::Sender::new(None) }
    }

    /// Trusted by the MutatingWebhookConfiguration, too, through which pods get sidecars.
    #[must_use]
    pub fn that_injects(self, injects: bool) -> Self {
        Self { injects, ..self }
    }

    /// For [`super::serve_reviews`]: nothing until the Secret was read.
    pub fn newest(&self) -> watch::Receiver<Option<Arc<ServerConfig>>> {
        self.newest.subscribe()
    }

    fn host(&self) -> String {
        format!("{HOOK}.{}.svc", self.namespace)
    }

    /// Follows the Secret for ever, and keeps it while this controller leads.
    pub(crate) async fn keep(self, client: Client, lead: watch::Receiver<Lead>, tell: Tell, metrics: Metrics) {
        Course::new(self, client, tell, metrics).run(lead).await;
    }
}
