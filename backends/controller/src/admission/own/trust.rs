//! One configuration of webhooks that is followed, and told whom to trust.

use kube::api::{Patch, PatchParams};
use kube::{Api, Client, Error};

use super::bundle::{Asks, patch};
use super::watched::{Watched, Word};
use super::{CONFIGURATION, MANAGER};

/// The configuration of our name of a kind.
pub(super) struct Trust<K> {
    api: Api<K>,
    watched: Watched<K>,
}

impl<K: Asks> Trust<K> {
    pub(super) const KIND: &'static str = <K as k8s_openapi::Resource>::KIND;

    /// The resource, as it is watched.
    pub(super) const PLURAL: &'static str = <K as k8s_openapi::Resource>::URL_PATH_SEGMENT;

    pub(super) fn new(client: Client) -> Self {
        let api: Api<K> = Api::all(client);
        Self { watched: Watched::new(api.clone(), CONFIGURATION), api }
    }

    /// The next word of it; where this is dropped nothing is lost.
    pub(super) async fn next(&mut self) -> Word {
        self.watched.next().await
    }

    /// Says whom to trust in the webhooks that lead to a namespace; whether something was written.
    ///
    /// # Errors
    /// The API server refuses it.
    pub(super) async fn say(&mut self, namespace: &str, bundle: &str) -> Result<bool, Error> {
        let Some(patch) = self.watched.seen().flatten().and_then(|found| patch(found, namespace, bundle)) else { return Ok(false) };
        let applied = self.api.patch(CONFIGURATION, &PatchParams::apply(MANAGER), &Patch::Apply(&patch)).await?;
        self.watched.is(applied);
        Ok(true)
    }
}
