//! What every object has: its kind, name and age.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// Head of an object, and its `spec` still unread.
pub(super) struct Object<'v> {
    pub(super) group: &'v str,
    pub(super) kind: &'v str,
    pub(super) namespace: Arc<str>,
    pub(super) name: &'v str,
    pub(super) annotations: BTreeMap<&'v str, &'v str>,
    pub(super) spec: Option<&'v Value>,
    created: &'v str,
}

/// Orders objects of one kind as istiod does: by age, equally old ones by `name.namespace`.
///
/// # Source
/// Istio `pilot/pkg/model/push_context.go`, `sortConfigByCreationTime`.
pub(super) type Age = (String, String);

impl<'v> Object<'v> {
    /// Reads the head; an object without a namespace lies in `default`.
    pub(super) fn of(value: &'v Value) -> Self {
        let text = |value: &'v Value| value.as_str().unwrap_or_default();
        let meta = &value["metadata"];
        let annotations = meta["annotations"].as_object().into_iter().flatten();
        Self {
            group: text(&value["apiVersion"]).split_once('/').map_or("", |(group, _)| group),
            kind: text(&value["kind"]),
            namespace: meta["namespace"].as_str().unwrap_or("default").into(),
            name: text(&meta["name"]),
            annotations: annotations.map(|(key, value)| (key.as_str(), text(value))).collect(),
            spec: value.get("spec").filter(|spec| !spec.is_null()),
            created: text(&meta["creationTimestamp"]),
        }
    }

    /// `AuthorizationPolicy/shop/open`.
    pub(super) fn title(&self) -> Arc<str> {
        format!("{}/{}/{}", self.kind, self.namespace, self.name).into()
    }

    /// Its place among its kind.
    pub(super) fn age(&self) -> Age {
        (self.created.to_owned(), format!("{}.{}", self.name, self.namespace))
    }
}

/// Whether labels hold all of a selector; an empty one selects everything.
pub(super) fn selects(selector: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// `exportTo`: who sees an object.
#[derive(Clone, Debug)]
pub(super) enum Export {
    /// Every namespace.
    All,
    /// The namespaces named; `.` was replaced by its own.
    Only(Vec<String>),
}

impl Export {
    /// Reads `exportTo`; absent is the default of the mesh, all.
    pub(super) fn of(words: &[&str], own: &str) -> Self {
        if words.is_empty() || words.contains(&"*") {
            return Self::All;
        }
        let namespace = |word: &&str| if *word == "." { own.to_owned() } else { (*word).to_owned() };
        Self::Only(words.iter().filter(|word| **word != "~").map(namespace).collect())
    }

    /// Rank of an object of namespace `own` for a reader; the smaller is looked at first. `None`: not seen.
    ///
    /// # Source
    /// Istio `virtualServiceIndex`: private ones of the reader's namespace, those exported to it, then public ones.
    pub(super) fn rank(&self, own: &str, reader: &str) -> Option<u8> {
        match self {
            Self::All => Some(2),
            Self::Only(names) => names.iter().any(|name| name == reader).then_some(u8::from(own != reader)),
        }
    }
}

/// A short host belongs to the namespace of the object; one with a dot is taken as it stands.
///
/// # Source
/// Istio `pilot/pkg/model/virtualservice.go`, `ResolveShortnameToFQDN`.
pub(super) fn full_host(host: &str, namespace: &str, domain: &str) -> String {
    let host = host.to_ascii_lowercase();
    if host == "*" || host.contains('.') || host.is_empty() { host } else { format!("{host}.{namespace}.svc.{domain}") }
}
