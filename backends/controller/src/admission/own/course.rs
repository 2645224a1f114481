//! What a controller does about the certificate of its webhook: it serves by what the Secret says, and, while it leads, mends that.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use rustls::ServerConfig;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::bundle::Asks;
use super::secret::{self, State};
use super::trust::Trust;
use super::watched::{Watched, Word};
use super::{CONFIGURATION, HOOK, OwnCertificate, Tell};
use crate::Told;
use crate::admission::certificate;
use crate::lead::Lead;
use crate::metrics::Metrics;

/// How often the time is looked at, and how long it is waited after a write that failed.
const LOOK: Duration = Duration::from_secs(5);

/// How long a write may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was seen, done and told.
pub(super) struct Course {
    own: OwnCertificate,
    secrets: Api<Secret>,
    tell: Tell,
    metrics: Metrics,
    secret: Watched<Secret>,
    validating: Trust<ValidatingWebhookConfiguration>,
    /// Where pods get sidecars.
    mutating: Option<Trust<MutatingWebhookConfiguration>>,
    /// What the Secret that was seen last says.
    state: State,
    /// No write before then: one has failed.
    rests: Instant,
    /// What is wrong, once for each thing.
    wrong: BTreeMap<&'static str, String>,
}

impl Course {
    pub(super) fn new(own: OwnCertificate, client: Client, tell: Tell, metrics: Metrics) -> Self {
        let secrets: Api<Secret> = Api::namespaced(client.clone(), &own.namespace);
        Self {
            secret: Watched::new(secrets.clone(), HOOK),
            validating: Trust::new(client.clone()),
            mutating: own.injects.then(|| Trust::new(client)),
            own,
            secrets,
            tell,
            metrics,
            state: State::Bad(None),
            rests: Instant::now(),
            wrong: BTreeMap::new(),
        }
    }

    /// For ever.
    pub(super) async fn run(mut self, mut lead: watch::Receiver<Lead>) {
        loop {
            tokio::select! {
                word = self.secret.next() => {
                    self.watched("secrets", &word);
                    if word == Word::Is {
                        self.state = State::of(self.secret.seen().flatten(), &self.own.host());
                        self.serve();
                    }
                }
                word = self.validating.next() => self.watched(Trust::<ValidatingWebhookConfiguration>::PLURAL, &word),
                word = next(self.mutating.as_mut()) => self.watched(Trust::<MutatingWebhookConfiguration>::PLURAL, &word),
                Ok(()) = lead.changed() => {}
                () = sleep_until(Instant::now() + LOOK) => {}
            }
            let leads = lead.borrow_and_update().clone();
            if let Lead::Leads { until } = leads
                && Instant::now() >= self.rests
                && timeout_at(until.min(Instant::now() + PATIENCE), self.write()).await.is_err()
            {
                self.rest("write", "the API server does not answer".to_owned());
            }
        }
    }

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
        let State::Good(held) = &self.state else { return };
        let (namespace, bundle) = (&self.own.namespace, held.bundle());
        let mut said = vec![(Trust::<ValidatingWebhookConfiguration>::KIND, self.validating.say(namespace, &bundle).await)];
        if let Some(mutating) = &mut self.mutating {
            said.push((Trust::<MutatingWebhookConfiguration>::KIND, mutating.say(namespace, &bundle).await));
        }
        for (kind, said) in said {
            match said {
                Ok(false) => {}
                Ok(true) => {
                    self.wrong.remove(kind);
                    self.tell(Told::Webhook(format!("caBundle of {kind} {CONFIGURATION} is written")));
                }
                Err(error) => self.rest(kind, format!("caBundle of {kind} {CONFIGURATION} cannot be written: {error}")),
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

/// Of one that is followed; without it, never.
async fn next<K: Asks>(trust: Option<&mut Trust<K>>) -> Word {
    match trust {
        Some(trust) => trust.next().await,
        None => pending().await,
    }
}

fn config(chain: &ByteString, key: &ByteString) -> Result<Arc<ServerConfig>, String> {
    certificate::config(["tls.crt", "tls.key"], [&chain.0, &key.0]).map_err(|error| error.to_string())
}
