//! The Secret of an authority: read, made, and replaced by its next state.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Error};
use meshglot_ca::{Authority, Lifetime, RotationState, Texts, TrustDomain};
use time::OffsetDateTime;

use super::{MANAGER, OURS};
use crate::error::ControlError;

/// The name of the Secret.
pub const AUTHORITY: &str = "meshglot-authority";

/// The annotation of the Secret by which people ask for another root. It is gone when that is begun.
pub const ROTATE: &str = "meshglot.dev/rotate-root";

/// So often somebody else may be faster.
const TRIES: u32 = 5;

/// Whose authority is kept already.
pub(super) async fn trust_domain(secrets: &Api<Secret>, namespace: &str, now: OffsetDateTime) -> Result<Option<TrustDomain>, ControlError> {
    let seen = secrets.get_opt(AUTHORITY).await.map_err(|source| failed(namespace, source))?;
    let found = seen.as_ref().map(|seen| held(seen, now)).transpose().map_err(ControlError::Kept)?.flatten();
    Ok(found.map(|authority| authority.trust_domain().clone()))
}

fn failed(namespace: &str, source: Error) -> ControlError {
    ControlError::Cluster { what: format!("Secret {namespace}/{AUTHORITY}"), source: Box::new(source) }
}

fn place(secret: &Secret) -> String {
    format!("Secret {}/{AUTHORITY}", secret.metadata.namespace.as_deref().unwrap_or_default())
}

/// What a Secret holds; `None`: nothing yet, as one that somebody has made so that we need not be allowed to.
///
/// # Errors
/// In words, what is wrong and what to do.
pub(super) fn read(secret: &Secret, trust_domain: &TrustDomain, now: OffsetDateTime) -> Result<Option<Authority>, String> {
    let Some(authority) = held(secret, now)? else { return Ok(None) };
    if authority.trust_domain() != trust_domain {
        let (place, saved) = (place(secret), authority.trust_domain());
        return Err(format!(
            "{place} holds the authority of the trust domain {saved}, and this control plane signs for {trust_domain}: start it again, and it \
             signs for {saved}; pods with a sidecar have to be started again after that"
        ));
    }
    Ok(Some(authority))
}

fn held(secret: &Secret, now: OffsetDateTime) -> Result<Option<Authority>, String> {
    let data = secret.data.iter().flatten().filter(|(_, field)| !field.0.is_empty());
    let texts: BTreeMap<String, String> =
        data.map(|(name, field)| (name.clone(), String::from_utf8_lossy(&field.0).into_owned())).collect();
    if texts.is_empty() {
        return Ok(None);
    }
    let place = place(secret);
    let found = Texts(texts).authority(now).map_err(|error| format!("{place}: {error}"))?;
    let advice = "bring it back from a backup, or delete it while a control plane runs that has its authority still, which writes it \
                  again; without one a new root is made, and all sidecars have to be started again";
    found.map(Some).ok_or_else(|| format!("{place} holds something else than an authority: {advice}"))
}

/// Whether somebody wants another root.
pub(super) fn is_asked(secret: &Secret) -> bool {
    secret.metadata.annotations.as_ref().is_some_and(|annotations| annotations.contains_key(ROTATE))
}

/// The authority of the Secret, which is made where there is none, and is told how long certificates live where that is otherwise.
pub(super) async fn begin(
    secrets: &Api<Secret>,
    namespace: &str,
    trust_domain: &TrustDomain,
    lifetime: Option<Lifetime>,
    now: OffsetDateTime,
) -> Result<Authority, ControlError> {
    let asked = |source| failed(namespace, source);
    for _ in 0..TRIES {
        let seen = secrets.get_opt(AUTHORITY).await.map_err(asked)?;
        let found = seen.as_ref().map(|seen| read(seen, trust_domain, now)).transpose().map_err(ControlError::Kept)?.flatten();
        let authority = match (found, lifetime) {
            (Some(mut found), Some(lifetime)) if lifetime != found.lifetime() => {
                found.set_lifetime(lifetime);
                found
            }
            (Some(found), _) => return Ok(found),
            (None, lifetime) => Authority::new(trust_domain.clone(), now)?.signing_for(lifetime.unwrap_or_default()),
        };
        if write(secrets, seen.as_ref(), &authority).await.map_err(asked)?.is_some() {
            return Ok(authority);
        }
    }
    Err(ControlError::Kept(format!("Secret {namespace}/{AUTHORITY} is written by others all the time: look who that is")))
}

/// Puts an authority in place of the Secret that was seen; `None`: somebody else was faster.
pub(super) async fn write(secrets: &Api<Secret>, seen: Option<&Secret>, authority: &Authority) -> Result<Option<Secret>, Error> {
    let parameters = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
    let mut secret = seen.cloned().unwrap_or_else(|| Secret {
        metadata: ObjectMeta { name: Some(AUTHORITY.to_owned()), ..ObjectMeta::default() },
        ..Secret::default()
    });
    secret.metadata.managed_fields = None;
    // What is asked for is begun, or somebody has yet to do it.
    if let Some(annotations) = secret.metadata.annotations.as_mut().filter(|_| authority.rotation() != RotationState::Steady) {
        annotations.remove(ROTATE);
    }
    secret.metadata.labels.get_or_insert_with(BTreeMap::new).insert(OURS.0.to_owned(), OURS.1.to_owned());
    secret.data = Some(Texts::of(authority).0.into_iter().map(|(name, text)| (name, ByteString(text.into_bytes()))).collect());
    let written = match seen {
        None => secrets.create(&parameters, &secret).await,
        // The version says that nobody has written it since it was seen.
        Some(_) => secrets.replace(AUTHORITY, &parameters, &secret).await,
    };
    match written {
        Ok(secret) => Ok(Some(secret)),
        Err(Error::Api(status)) if status.code == 409 || status.code == 404 => Ok(None),
        Err(error) => Err(error),
    }
}
