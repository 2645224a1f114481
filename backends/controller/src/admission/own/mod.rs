//! A certificate of our own: all controllers serve by what one Secret holds, and the one that leads makes and renews that, and says in
//! the configuration of the webhook who is to be trusted.

mod bundle;
mod held;
mod issue;
mod need;
mod secret;
mod watched;
#[cfg(test)]
mod years;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use rustls::ServerConfig;
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::certificate;
use crate::Told;
use crate::lead::Lead;
use crate::metrics::Metrics;
use secret::State;
use watched::{Watched, Word};

/// The name of the Service, of the Secret, and of the roles of a webhook.
pub const HOOK: &str = "meshglot-webhook";

/// The name of the ValidatingWebhookConfiguration.
pub const CONFIGURATION: &str = "meshglot";

/// Who writes, as the API server knows it.
const MANAGER: &str = "meshglot-webhook";

/// How often the time is looked at, and how long it is waited after a write that failed.
const LOOK: Duration = Duration::from_secs(5);

/// How long a write may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// Hears what happens.
type Tell = Arc<dyn Fn(Told) + Send + Sync>;

/// A certificate that controllers keep themselves, for the Service `meshglot-webhook` of a namespace. Clones are the same.
#[derive(Clone)]
pub struct OwnCertificate {
    namespace: String,
    clock: Clock,
    newest: watch::Sender<Option<Arc<ServerConfig>>>,
}

/// What was seen, done and told.
struct Course {
    own: OwnCertificate,
    secrets: Api<Secret>,
    configurations: Api<ValidatingWebhookConfiguration>,
    tell: Tell,
    metrics: Metrics,
    secret: Watched<Secret>,
    configuration: Watched<ValidatingWebhookConfiguration>,
    /// What the Secret that was seen last says.
    state: State,
    /// No write before then: one has failed.
    rests: Instant,
    /// What is wrong, once for each thing.
    wrong: BTreeMap<&'static str, String>,
}

impl OwnCertificate {
    /// In a namespace, by the time of this machine.
    pub fn new(namespace: &str) -> Self {
        Self::by(namespace, Arc::new(OffsetDateTime::now_utc))
    }

    /// By another clock.
    pub fn by(namespace: &str, clock: Clock) -> Self {
        Self { namespace: namespace.to_owned(), clock, newest: watch::Sender::new(None) }
    }

    /// For [`super::serve_reviews`]: nothing until the Secret was read.
    pub fn newest(&self) -> watch::Receiver<Option<Arc<ServerConfig>>> {
        self.newest.subscribe()
    }

    fn host(&self) -> String {
        format!("{HOOK}.{}.svc", self.namespace)
    }

    /// Follows the Secret for ever, and keeps it while this controller leads.
    pub(crate) async fn keep(self, client: Client, mut lead: watch::Receiver<Lead>, tell: Tell, metrics: Metrics) {
        let secrets: Api<Secret> = Api::namespaced(client.clone(), &self.namespace);
        let configurations: Api<ValidatingWebhookConfiguration> = Api::all(client);
        let mut course = Course {
            secret: Watched::new(secrets.clone(), HOOK),
            configuration: Watched::new(configurations.clone(), CONFIGURATION),
            own: self,
            secrets,
            configurations,
            tell,
            metrics,
            state: State::Bad(None),
            rests: Instant::now(),
            wrong: BTreeMap::new(),
        };
        loop {
            tokio::select! {
                word = course.secret.next() => {
                    course.watched("secrets", &word);
                    if word == Word::Is {
                        course.state = State::of(course.secret.seen().flatten(), &course.own.host());
                        course.serve();
                    }
                }
                word = course.configuration.next() => course.watched("validatingwebhookconfigurations", &word),
                Ok(()) = lead.changed() => {}
                () = sleep_until(Instant::now() + LOOK) => {}
            }
            let leads = lead.borrow_and_update().clone();
            if let Lead::Leads { until } = leads
                && Instant::now() >= course.rests
                && timeout_at(until.min(Instant::now() + PATIENCE), course.write()).await.is_err()
            {
                course.rest("write", "the API server does not answer".to_owned());
            }
        }
    }
}

impl Course {
    /// Whether a watch goes on.
    fn watched(&mut self, what: &'static str, word: &Word) {
        match word {
            Word::Is => drop(self.wrong.remove(what)),
            Word::Trouble(why) => self.trouble(what, format!("{what} cannot be watched: {why}")),
        }
    }

    /// By what the Secret says, whoever keeps it; what cannot serve leaves the one before.
    fn serve(&mut self) {
        let data = self.secret.seen().flatten().and_then(|secret| secret.data.as_ref());
        let field = |name: &str| data.and_then(|data| data.get(name)).filter(|field| !field.0.is_empty());
        let [Some(chain), Some(key)] = ["tls.crt", "tls.key"].map(field) else { return };
        match config(chain, key) {
            Ok(config) => {
                certificate::ends(&chain.0).into_iter().for_each(|at| self.metrics.certificate_ends(at));
                self.own.newest.send_replace(Some(config));
                self.wrong.remove("serve");
            }
            Err(why) => self.trouble("serve", format!("it cannot serve: {why}")),
        }
        if self.state == State::Foreign {
            self.trouble("foreign", "somebody else keeps it: it is served by, neither renewed nor written into caBundle".to_owned());
        }
    }

    /// Whatever has to be written by the one that leads; nothing where all is well.
    async fn write(&mut self) {
        let Some(seen) = self.secret.seen() else { return };
        let next = match self.state.next(&self.own.host(), (self.own.clock)()) {
            Ok(next) => next,
            Err(why) => return self.rest("make", why),
        };
        if let Some((held, said)) = next {
            match secret::write(&self.secrets, seen, &held).await {
                Ok(Some(written)) => {
                    self.secret.is(written);
                    self.state = State::Good(Box::new(held));
                    self.wrong.clear();
                    self.tell(Told::Webhook(format!("the certificate in {} is {said}", self.place())));
                    self.serve();
                }
                // The watch tells what is there instead.
                Ok(None) => self.rests = Instant::now() + Duration::from_millis(200),
                Err(error) => return self.rest("write", format!("it cannot be written: {error}")),
            }
        }
        self.trust().await;
    }

    /// Says who is to be trusted.
    async fn trust(&mut self) {
        let (State::Good(held), Some(Some(found))) = (&self.state, self.configuration.seen()) else { return };
        let Some(patch) = bundle::patch(found, &self.own.namespace, &held.bundle()) else { return };
        let parameters = PatchParams::apply(MANAGER);
        match self.configurations.patch(CONFIGURATION, &parameters, &Patch::Apply(&patch)).await {
            Ok(applied) => {
                self.configuration.is(applied);
                self.wrong.remove("trust");
                self.tell(Told::Webhook(format!("caBundle of ValidatingWebhookConfiguration {CONFIGURATION} is written")));
            }
            Err(error) => {
                self.rest("trust", format!("caBundle of ValidatingWebhookConfiguration {CONFIGURATION} cannot be written: {error}"))
            }
        }
    }

    fn rest(&mut self, what: &'static str, why: String) {
        self.rests = Instant::now() + LOOK;
        self.trouble(what, why);
    }

    /// Tells what is wrong, once.
    fn trouble(&mut self, what: &'static str, why: String) {
        if self.wrong.get(what) != Some(&why) {
            self.tell(Told::Trouble(format!("webhook: Secret {}: {why}", self.place())));
            self.wrong.insert(what, why);
        }
    }

    fn place(&self) -> String {
        format!("{}/{HOOK}", self.own.namespace)
    }

    fn tell(&self, told: Told) {
        (self.tell)(told);
    }
}

fn config(chain: &ByteString, key: &ByteString) -> Result<Arc<ServerConfig>, String> {
    certificate::config(["tls.crt", "tls.key"], [&chain.0, &key.0]).map_err(|error| error.to_string())
}
