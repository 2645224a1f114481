//! Writes to the API server: each one request, or two where somebody has edited what is ours.

use std::sync::Arc;
use std::time::Duration;

use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::ApiResource;
use kube::{Api, Client};
use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::render::{Backend, ObjectId};
use meshglot_translator::status::Applied;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::MANAGER;
use crate::answer::{Answer, failure, is_by_edits};
use crate::events::Said;
use crate::kinds::Role;
use crate::live::is_ours;
use crate::second_look::Way;
use crate::trim::trim;

/// How long a write may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Objects of one page of a list.
const PAGE: u32 = 500;

/// What is written, for whoever hears what became of it.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    Apply {
        id: ObjectId,
        /// The version in place of which it is written.
        before: Option<u64>,
        /// What is written, by its digest.
        digest: String,
        /// Who has changed what we had written, if anybody has.
        drift: Option<String>,
    },
    Delete {
        id: ObjectId,
        uid: Option<String>,
    },
    Status {
        key: ObjectKey,
        /// What there is to say once it is written.
        said: Vec<Said>,
    },
    /// A good generation of an object is kept.
    Keep {
        key: ObjectKey,
        generation: i64,
        revision: String,
    },
    /// What was kept of an object is read.
    Recall(ObjectKey),
    /// The pods are listed, for the look of this number.
    Look {
        way: Way,
        number: u64,
    },
}

/// The objects of one kind, and for whom they are written.
#[derive(Clone)]
pub(crate) struct Writer {
    pub(crate) client: Client,
    pub(crate) resource: ApiResource,
    pub(crate) backend: &'static str,
    /// When somebody else may write.
    pub(crate) until: Instant,
}

impl Writer {
    fn api(&self, namespace: &str) -> Api<DynamicObject> {
        if namespace.is_empty() {
            Api::all_with(self.client.clone(), &self.resource)
        } else {
            Api::namespaced_with(self.client.clone(), namespace, &self.resource)
        }
    }

    /// No later than somebody else may write.
    async fn patient<T>(&self, answer: impl Future<Output = Result<T, kube::Error>>) -> Result<T, kube::Error> {
        let end = self.until.min(Instant::now() + PATIENCE);
        timeout_at(end, answer).await.unwrap_or_else(|_| Err(kube::Error::Service("no answer within 10 s".into())))
    }

    /// Applies an object. One that is not known with our labels is looked at first: what is somebody else's is never touched.
    pub(crate) async fn apply(self, id: ObjectId, body: Arc<Value>, is_known: bool) -> Answer {
        let api = self.api(&id.namespace);
        if !is_known {
            match self.patient(api.get_opt(&id.name)).await {
                Ok(None) => {}
                Ok(Some(found)) => {
                    let found = json(&found);
                    return if is_ours(&found, self.backend) {
                        Answer::Found(Box::new(found))
                    } else {
                        Answer::Failed(Applied::Rejected(format!("{} is there already, and not ours: it is not touched", id.path())))
                    };
                }
                Err(error) => return failure(&error),
            }
        }
        let once = self.patient(api.patch(&id.name, &PatchParams::apply(MANAGER), &Patch::Apply(&*body))).await;
        let applied = match once {
            Err(kube::Error::Api(status)) if is_known && status.code == 409 && is_by_edits(&status) => {
                self.patient(api.patch(&id.name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(&*body))).await
            }
            other => other,
        };
        match applied {
            Ok(object) => Answer::Live(Box::new(json(&object))),
            Err(error) => failure(&error),
        }
    }

    /// Deletes an object, if it is still the one that is known.
    pub(crate) async fn delete(self, id: ObjectId, uid: Option<String>) -> Answer {
        let preconditions = Preconditions { uid, resource_version: None };
        let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        match self.patient(self.api(&id.namespace).delete(&id.name, &parameters)).await {
            Ok(_) => Answer::Gone,
            // Another one of its name is there, or none: the watch tells which.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Answer::Gone,
            Err(error) => failure(&error),
        }
    }

    /// Creates what nobody ever changes, then deletes what it comes in place of.
    pub(crate) async fn keep(self, namespace: Arc<str>, body: Value, others: Vec<String>) -> Answer {
        let api = self.api(&namespace);
        let parameters = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
        let made: DynamicObject = match serde_json::from_value(body) {
            Ok(made) => made,
            Err(error) => return Answer::Failed(Applied::Rejected(error.to_string())),
        };
        match self.patient(api.create(&parameters, &made)).await {
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(error) => return failure(&error),
            Ok(_) => {}
        }
        for other in others {
            match self.patient(api.delete(&other, &DeleteParams::default())).await {
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => return failure(&error),
                Ok(_) => {}
            }
        }
        Answer::Gone
    }

    /// The pods of all namespaces that are in one of these meshes, as they are now, trimmed, as one list.
    pub(crate) async fn pods_of(self, backends: &[&'static dyn Backend]) -> Answer {
        let (api, mut found, mut next) = (self.api(""), Vec::new(), None);
        loop {
            let parameters = ListParams { limit: Some(PAGE), continue_token: next.take(), ..ListParams::default() };
            let page = match self.patient(api.list(&parameters)).await {
                Ok(page) => page,
                Err(error) => return failure(&error),
            };
            let pods = page.items.iter().map(|pod| trim(json_of(pod), Role::Read(Kind::Pod)));
            found.extend(pods.filter(|pod| backends.iter().any(|backend| backend.has_pod(pod))));
            next = page.metadata.continue_.filter(|token| !token.is_empty());
            if next.is_none() {
                return Answer::Live(Box::new(Value::Array(found)));
            }
        }
    }

    /// Reads an object whole.
    pub(crate) async fn read(self, namespace: Arc<str>, name: String) -> Answer {
        match self.patient(self.api(&namespace).get_opt(&name)).await {
            Ok(Some(object)) => Answer::Live(Box::new(json_of(&object))),
            Ok(None) => Answer::Gone,
            Err(error) => failure(&error),
        }
    }

    /// Writes the status of a neutral object: that is ours alone.
    pub(crate) async fn status(self, key: ObjectKey, status: Value) -> Answer {
        let mut body = json!({
            "apiVersion": self.resource.api_version, "kind": self.resource.kind, "metadata": {"name": &*key.name}, "status": status,
        });
        if !key.namespace.is_empty() {
            body["metadata"]["namespace"] = json!(&*key.namespace);
        }
        let parameters = PatchParams::apply(MANAGER).force();
        match self.patient(self.api(&key.namespace).patch_status(&key.name, &parameters, &Patch::Apply(body))).await {
            Ok(object) => Answer::Live(Box::new(trim(json_of(&object), Role::Read(key.kind)))),
            Err(kube::Error::Api(status)) if status.code == 404 => Answer::Gone,
            Err(error) => failure(&error),
        }
    }
}

fn json(object: &DynamicObject) -> Value {
    trim(json_of(object), Role::Rendered)
}

fn json_of(object: &DynamicObject) -> Value {
    // An object that came as JSON has such a form.
    serde_json::to_value(object).unwrap_or_default()
}
