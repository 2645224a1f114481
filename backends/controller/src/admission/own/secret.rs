//! The Secret that all controllers serve by: whose it is, and what is written into it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Error};
use time::OffsetDateTime;

use super::held::Held;
use super::issue::meet;
use super::need::{Need, need};
use super::{HOOK, MANAGER};

/// By which a Secret says that we keep it.
const OURS: (&str, &str) = ("app.kubernetes.io/managed-by", "meshglot");

/// How a Secret stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is ours, and can be used, now or after it was renewed.
    Good(Box<Held>),
    /// It is ours or empty, and cannot be used; why, where somebody has done something to it.
    Bad(Option<String>),
    /// Somebody else keeps it: it is never written.
    Foreign,
}

impl State {
    pub(super) fn of(secret: Option<&Secret>, host: &str) -> Self {
        let Some(secret) = secret else { return Self::Bad(None) };
        let data = secret.data.clone().unwrap_or_default();
        // One that somebody has made for us, so that we need not be allowed to.
        if data.values().all(|field| field.0.is_empty()) {
            return Self::Bad(None);
        }
        if secret.metadata.labels.as_ref().and_then(|labels| labels.get(OURS.0)).is_none_or(|value| value != OURS.1) {
            return Self::Foreign;
        }
        Held::read(&data, host).map_or_else(|why| Self::Bad(Some(why)), |held| Self::Good(Box::new(held)))
    }

    /// What is to be held instead of it, and how that is told.
    ///
    /// # Errors
    /// In words: it cannot be made.
    pub(super) fn next(&self, host: &str, now: OffsetDateTime) -> Result<Option<(Held, String)>, String> {
        let (need, held) = match self {
            Self::Foreign => return Ok(None),
            Self::Bad(_) => (Need::All, None),
            Self::Good(held) => (need(held, now), Some(&**held)),
        };
        let said = match (need, self) {
            (Need::All, Self::Bad(None)) => "made".to_owned(),
            (Need::All, Self::Bad(Some(why))) => format!("made anew: {why}"),
            (Need::All, _) => "made anew: its authority is not good at this time".to_owned(),
            (Need::Leaf, _) => "renewed".to_owned(),
            (Need::Authority, _) => "to be signed by a new authority, which is trusted beside the one before".to_owned(),
            (Need::Forget, _) => "all of one authority: the one before is not trusted any more".to_owned(),
            (Need::Nothing, _) => String::new(),
        };
        Ok(meet(need, held, host, now)?.map(|held| (held, said)))
    }
}

/// Writes what is to be held in place of the Secret that was seen; `None`: somebody else was faster, and the watch tells who.
pub(super) async fn write(api: &Api<Secret>, seen: Option<&Secret>, held: &Held) -> Result<Option<Secret>, Error> {
    let parameters = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
    let mut secret = seen.cloned().unwrap_or_else(|| Secret {
        metadata: ObjectMeta { name: Some(HOOK.to_owned()), ..ObjectMeta::default() },
        type_: Some("kubernetes.io/tls".to_owned()),
        ..Secret::default()
    });
    secret.metadata.managed_fields = None;
    secret.metadata.labels.get_or_insert_with(BTreeMap::new).insert(OURS.0.to_owned(), OURS.1.to_owned());
    secret.data = Some(held.data());
    let written = match seen {
        None => api.create(&parameters, &secret).await,
        // The version says that nobody has written it since it was seen.
        Some(_) => api.replace(HOOK, &parameters, &secret).await,
    };
    match written {
        Ok(secret) => Ok(Some(secret)),
        Err(Error::Api(status)) if status.code == 409 => Ok(None),
        Err(error) => Err(error),
    }
}
