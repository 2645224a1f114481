//! Reads of a cluster for whoever looks once: kinds as they are served, lists by pages, single objects.

use std::collections::BTreeMap;
use std::time::Duration;

use kube::api::{DynamicObject, ListParams};
use kube::core::ApiResource;
use kube::{Api, Client};
use meshglot_translator::ir::Kind;
use meshglot_translator::render::{Backend, ObjectId};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::time::{sleep, timeout};

use crate::kinds::{Watched, read, rendered};
use crate::live::Live;
use crate::served::{Served, served};

/// Objects of one page of a list.
const PAGE: u32 = 500;

/// How often it is asked where the API server is busy, or makes ready for a new definition.
const TRIES: u32 = 6;

/// The first pause between; the next ones double.
const PAUSE: Duration = Duration::from_millis(100);

/// Something could not be read.
#[derive(Debug, Error)]
#[error("cannot read {what}: {source}")]
pub struct ReadError {
    /// The kind, or what else was asked for.
    pub what: String,
    /// What the API server says, or that it says nothing.
    pub source: kube::Error,
}

/// A kind as the API server serves it.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Group, version and names.
    pub api: ApiResource,
    /// Whether its objects have a status of their own.
    pub has_status: bool,
}

/// Asks an API server, again where it says that it is busy.
#[derive(Clone)]
pub struct Reader {
    /// How it is reached.
    pub client: Client,
    /// How long an answer may take.
    pub patience: Duration,
}

impl Reader {
    /// A kind of policy or inventory in the newest version that is known here and served; `None`: it is not installed.
    ///
    /// # Errors
    /// The API server does not answer, or may not tell.
    pub async fn kind(&self, kind: Kind) -> Result<Option<Resource>, ReadError> {
        self.resource(&read(kind)).await
    }

    /// The kinds that a backend renders and that are installed, and the names of those that are not.
    ///
    /// # Errors
    /// The API server does not answer, or may not tell.
    pub async fn rendered(&self, backend: &dyn Backend) -> Result<(Vec<Resource>, Vec<String>), ReadError> {
        let (mut found, mut absent) = (Vec::new(), Vec::new());
        for kind in rendered(backend) {
            match self.resource(&kind).await? {
                Some(resource) => found.push(resource),
                None => absent.push(format!("{}.{}/{}", kind.plural, kind.group, kind.versions[0])),
            }
        }
        Ok((found, absent))
    }

    /// Every object with the labels of a backend, with its managed fields.
    ///
    /// # Errors
    /// A kind cannot be listed.
    pub async fn live(&self, backend: &dyn Backend) -> Result<BTreeMap<ObjectId, Value>, ReadError> {
        let labels = format!("app.kubernetes.io/managed-by=meshglot,meshglot.dev/backend={}", backend.name());
        let mut live = BTreeMap::new();
        for resource in self.rendered(backend).await?.0 {
            let objects = self.list(&resource.api, None, &labels).await?;
            live.extend(objects.into_iter().filter_map(|object| Some((Live::id(&object)?, object))));
        }
        Ok(live)
    }

    /// All objects of a kind, of one namespace or of all; `labels`: a selector, empty for all of them.
    ///
    /// # Errors
    /// The API server does not answer, or may not tell.
    pub async fn list(&self, kind: &ApiResource, namespace: Option<&str>, labels: &str) -> Result<Vec<Value>, ReadError> {
        let api = self.api(kind, namespace);
        let parameters = ListParams::default().labels(labels).limit(PAGE);
        let (mut found, mut next) = (Vec::new(), None::<String>);
        loop {
            let page = parameters.clone();
            let page = if let Some(token) = &next { page.continue_token(token) } else { page };
            let list = match self.ask(async || api.list(&page).await).await {
                // What the token was about is forgotten: the list begins anew.
                Err(kube::Error::Api(status)) if status.code == 410 && next.is_some() => {
                    (found, next) = (Vec::new(), None);
                    continue;
                }
                other => other.map_err(|source| ReadError { what: kind.plural.clone(), source })?,
            };
            found.extend(list.items.into_iter().map(|object| complete(&object, kind)));
            next = list.metadata.continue_.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// One object; `None`: it is not there.
    ///
    /// # Errors
    /// The API server does not answer, or may not tell.
    pub async fn get(&self, kind: &ApiResource, namespace: &str, name: &str) -> Result<Option<Value>, ReadError> {
        let api = self.api(kind, Some(namespace).filter(|namespace| !namespace.is_empty()));
        let found = self.ask(async || api.get_opt(name).await).await;
        let found = found.map_err(|source| ReadError { what: format!("{}/{name}", kind.plural), source })?;
        Ok(found.map(|object| complete(&object, kind)))
    }

    /// The objects of a kind, in one namespace or in all and outside of any.
    pub fn api(&self, kind: &ApiResource, namespace: Option<&str>) -> Api<DynamicObject> {
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, kind),
            None => Api::all_with(self.client.clone(), kind),
        }
    }

    /// One request, with patience, and again where the API server is busy.
    ///
    /// # Errors
    /// What the last answer says.
    pub async fn ask<T>(&self, request: impl AsyncFn() -> Result<T, kube::Error>) -> Result<T, kube::Error> {
        let mut pause = PAUSE;
        for _ in 1..TRIES {
            match self.once(&request).await {
                Err(kube::Error::Api(status)) if matches!(status.code, 429 | 503 | 504) => sleep(pause).await,
                other => return other,
            }
            pause *= 2;
        }
        self.once(&request).await
    }

    async fn once<T>(&self, request: impl AsyncFn() -> Result<T, kube::Error>) -> Result<T, kube::Error> {
        let late = || Err(kube::Error::Service(format!("no answer within {} s", self.patience.as_secs_f64()).into()));
        timeout(self.patience, request()).await.unwrap_or_else(|_| late())
    }

    /// A kind as it is served. One that is about to be is waited for.
    pub(crate) async fn resource(&self, kind: &Watched) -> Result<Option<Resource>, ReadError> {
        let failed = |source| ReadError { what: format!("the kind {}", kind.kind), source };
        for _ in 0..TRIES {
            match self.ask(async || served(&self.client, kind).await).await.map_err(failed)? {
                Served::Yes { resource, has_status } => return Ok(Some(Resource { api: resource, has_status })),
                Served::No => return Ok(None),
                Served::Soon | Served::Away(_) => sleep(PAUSE).await,
            }
        }
        Ok(None)
    }
}

/// Items of lists do not say what they are.
fn complete(object: &DynamicObject, kind: &ApiResource) -> Value {
    // An object that came as JSON has such a form.
    let mut value = serde_json::to_value(object).unwrap_or_default();
    value["apiVersion"] = json!(kind.api_version);
    value["kind"] = json!(kind.kind);
    value
}
