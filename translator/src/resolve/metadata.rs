//! `apiVersion`, `kind` and `metadata`: what an object is and what it is called.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Kind, ObjectKey};
use crate::parse::NodeRef;

/// The key of an object, or what is wrong with its name.
pub(super) fn key(kind: Kind, root: NodeRef<'_>, default_namespace: &Arc<str>) -> Result<ObjectKey, Box<Diagnostic>> {
    let metadata = root.get("metadata").filter(|node| node.is_mapping());
    let place = metadata.unwrap_or(root);
    let missing = || Diagnostic::at(Code::MG0005, place, format!("this {} has no `metadata.name`", kind.name()));
    let name = metadata.and_then(|node| node.get("name")).ok_or_else(|| Box::new(missing()))?;
    let name = label_text(name, "name", &|text| is_subdomain(text))?;
    let namespace = match metadata.and_then(|node| node.get("namespace")).filter(|node| !node.is_null()) {
        _ if kind.is_cluster_scoped() => Arc::from(""),
        Some(node) => label_text(node, "namespace", &|text| is_label(text))?,
        None => default_namespace.clone(),
    };
    Ok(ObjectKey { kind, namespace, name })
}

fn label_text(node: NodeRef<'_>, field: &str, fits: &dyn Fn(&str) -> bool) -> Result<Arc<str>, Box<Diagnostic>> {
    let Some(text) = node.string() else {
        let message =
            format!("`metadata.{field}` is {}, not a string", node.text().map_or(node.type_name().to_owned(), |text| format!("`{text}`")));
        return Err(Box::new(Diagnostic::at(Code::MG0004, node, message).help("put quotes around it")));
    };
    if fits(text) {
        return Ok(text.into());
    }
    let message = format!(
        "`{text}` is no {field}: lower case letters, digits and dashes, at most {} characters",
        if field == "name" { 253 } else { 63 }
    );
    Err(Box::new(Diagnostic::at(Code::MG0010, node, message)))
}

/// A DNS subdomain of RFC 1123, which is what Kubernetes calls a name.
pub(super) fn is_subdomain(text: &str) -> bool {
    let label = |label: &str| {
        let inner = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        !label.is_empty() && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// A DNS label of RFC 1123, such as the name of a namespace.
pub(super) fn is_label(text: &str) -> bool {
    text.len() <= 63 && !text.contains('.') && is_subdomain(text)
}

/// A map of strings such as labels; other values are left out.
pub(super) fn strings(node: Option<NodeRef<'_>>) -> BTreeMap<String, String> {
    let entries = node.into_iter().flat_map(NodeRef::entries);
    entries.filter_map(|(key, value)| Some((key.text()?.to_owned(), value.text()?.to_owned()))).collect()
}
