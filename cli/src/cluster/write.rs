//! Writes to a cluster, and what others own of what was to be written.

use kube::api::{DynamicObject, Patch, PatchParams};
use kube::core::ApiResource;
use serde_json::Value;

use super::Cluster;

/// A field that somebody else owns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Conflict {
    /// Such as `.spec.hosts`.
    pub(crate) field: String,
    /// Who owns it.
    pub(crate) manager: String,
}

impl Cluster {
    /// One write of an object by its namespace and name. It is asked again only where the API server was busy, and has done nothing.
    pub(crate) fn write(
        &self,
        kind: &ApiResource,
        place: (&str, &str),
        parameters: &PatchParams,
        patch: &Patch<Value>,
    ) -> Result<Value, kube::Error> {
        let (namespace, name) = place;
        let api = self.reader.api(kind, Some(namespace).filter(|namespace| !namespace.is_empty()));
        let written: DynamicObject = self.wait(self.reader.ask(async || api.patch(name, parameters, patch).await))?;
        // An object that came as JSON has such a form.
        Ok(serde_json::to_value(written).unwrap_or_default())
    }
}

/// Who owns what of an object that could not be applied; none: that was not why.
pub(crate) fn conflicts(error: &kube::Error) -> Vec<Conflict> {
    let kube::Error::Api(status) = error else { return Vec::new() };
    let causes = status.details.as_ref().map_or(&[][..], |details| &details.causes);
    let mut found: Vec<Conflict> = causes
        .iter()
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .map(|cause| Conflict { field: cause.field.clone(), manager: cause.message.split('"').nth(1).unwrap_or("somebody").to_owned() })
        .collect();
    found.sort();
    found
}

/// `.spec.hosts of argocd, .spec.http of argocd`.
pub(crate) fn told(conflicts: &[Conflict]) -> String {
    conflicts.iter().map(|one| format!("{} of {}", one.field, one.manager)).collect::<Vec<_>>().join(", ")
}
