//! One of the mesh's objects as it was written: who it is, and how its fields are reached.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;

/// Group of Server, AuthorizationPolicy and their like.
pub(super) const POLICY: &str = "policy.linkerd.io";
/// Group of the routes.
pub(super) const GATEWAY: &str = "gateway.networking.k8s.io";

/// An object and what every object has.
pub(super) struct Object<'v> {
    /// API group; empty for the core.
    pub group: &'v str,
    /// As Kubernetes spells it.
    pub kind: &'v str,
    /// Empty for objects of the cluster.
    pub namespace: &'v str,
    /// In its namespace.
    pub name: &'v str,
    root: &'v Value,
}

impl<'v> Object<'v> {
    /// `None` if it has no kind or no name.
    pub(super) fn read(root: &'v Value) -> Option<Self> {
        let version = text(root, "apiVersion")?;
        let metadata = &root["metadata"];
        Some(Self {
            group: version.split_once('/').map_or("", |(group, _)| group),
            kind: text(root, "kind")?,
            namespace: text(metadata, "namespace").unwrap_or_default(),
            name: text(metadata, "name")?,
            root,
        })
    }

    /// Its `spec`; null if it has none.
    pub(super) fn spec(&self) -> &'v Value {
        &self.root["spec"]
    }

    /// An annotation.
    pub(super) fn annotation(&self, name: &str) -> Option<&'v str> {
        text(&self.root["metadata"]["annotations"], name)
    }

    /// All annotations.
    pub(super) fn annotations(&self) -> impl Iterator<Item = (&'v str, &'v str)> {
        pairs(&self.root["metadata"]["annotations"])
    }

    /// All labels.
    pub(super) fn labels(&self) -> impl Iterator<Item = (&'v str, &'v str)> {
        pairs(&self.root["metadata"]["labels"])
    }

    /// When it was created, if the API server has told.
    pub(super) fn age(&self) -> Age {
        Age(text(&self.root["metadata"], "creationTimestamp").map(Arc::from))
    }

    /// `KIND/NAMESPACE/NAME`.
    pub(super) fn label(&self) -> Arc<str> {
        format!("{}/{}/{}", self.kind, self.namespace, self.name).into()
    }
}

/// `creationTimestamp`: whole seconds in UTC, so that texts compare like times. Without one, all were created in
/// the same second and names decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Age(Option<Arc<str>>);

impl Age {
    /// Older first; who has a time comes before who has none.
    ///
    /// Source: linkerd2 `policy-controller/grpc/src/outbound.rs` `timestamp_then_name`.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
}

/// A field that is a text.
pub(super) fn text<'v>(value: &'v Value, field: &str) -> Option<&'v str> {
    value.get(field).and_then(Value::as_str)
}

/// The items of a field; none if it is absent.
pub(super) fn items<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A field that is a port number.
pub(super) fn port(value: &Value, field: &str) -> Option<u16> {
    value.get(field).and_then(Value::as_u64).and_then(|number| u16::try_from(number).ok()).filter(|number| *number > 0)
}

/// The texts of an object of texts.
pub(super) fn pairs(value: &Value) -> impl Iterator<Item = (&str, &str)> {
    value.as_object().into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
}

/// Whether a reference means this group and kind, in any case; `absent` is the group that a missing one means.
///
/// Source: linkerd2 `policy-controller/k8s/api/src/policy.rs` `targets_kind`; `core` is another word for the empty
/// group.
pub(super) fn refers(reference: &Value, absent: &str, group: &str, kind: &str) -> bool {
    let plain = |group: &str| if group.eq_ignore_ascii_case("core") { String::new() } else { group.to_ascii_lowercase() };
    let written = text(reference, "group").unwrap_or(absent);
    plain(written) == plain(group) && text(reference, "kind").is_some_and(|written| written.eq_ignore_ascii_case(kind))
}
