//! The small objects that access rules refer to: TCPRoute, UDPRoute, IdentityBinding, ReferenceGrant.

use std::sync::Arc;

use super::metadata::{is_subdomain, strings};
use super::object::Object;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{IdentityBinding, ObjectKey, ReferenceGrant, TcpRoute};
use crate::parse::{Document, NodeRef};

/// Reads a TCPRoute: no `spec`, no `matches`, no `ports` and an empty list are all ports (P7).
pub(super) fn tcp_route(key: &ObjectKey, document: &Arc<Document>, out: &mut Vec<Diagnostic>) -> Option<TcpRoute> {
    let ports = document.root().find(["spec", "matches", "ports"]);
    let mut read = Vec::new();
    for node in ports.into_iter().flat_map(NodeRef::items) {
        match node.integer().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0) {
            Some(port) => read.push((port, node.origin())),
            None => {
                // Truncated to 16 bits it would open another port.
                out.push(Diagnostic::at(Code::MG0303, node, "a port is a number from 1 to 65535").about(key));
                return None;
            }
        }
    }
    read.sort_by_key(|(port, _)| *port);
    read.dedup_by_key(|(port, _)| *port);
    Some(TcpRoute { key: key.clone(), ports: read })
}

/// Reads a UDPRoute as far as mistakes go: beyond them there is nothing to render, and its author is told.
pub(super) fn udp_route(key: &ObjectKey, document: &Arc<Document>, out: &mut Vec<Diagnostic>) -> Option<Object> {
    tcp_route(key, document, out)?;
    let root = document.root();
    let place = root.get("apiVersion").unwrap_or(root);
    out.push(Diagnostic::at(Code::MG0114, place, "UDP is carried by no mesh: this UDPRoute has no effect").about(key));
    Some(Object::Named)
}

/// Reads an IdentityBinding that its schema let pass. A name that is none stands for nobody: a mesh may read `*` in
/// it as everybody.
pub(super) fn identity_binding(key: &ObjectKey, document: &Arc<Document>, out: &mut Vec<Diagnostic>) -> Option<IdentityBinding> {
    let schemes = document.root().find(["spec", "schemes"])?;
    let mut checked = |node: NodeRef<'_>, text: &str, fits: bool, what: &str| -> Option<Arc<str>> {
        if !fits {
            let message = format!("`{text}` is not {what}: it stands for nobody");
            out.push(Diagnostic::at(Code::MG0010, node, message).about(key));
        }
        fits.then(|| text.into())
    };
    let account = schemes.get("serviceAccount").and_then(|node| Some((node, node.string()?)));
    let service_account = account.and_then(|(node, name)| checked(node, name, is_subdomain(name), "the name of a ServiceAccount"));
    let ids = schemes.get("spiffeIdentities").into_iter().flat_map(NodeRef::items).filter_map(|node| Some((node, node.string()?)));
    let ids = ids.filter_map(|(node, id)| {
        let id = id.strip_prefix("spiffe://").unwrap_or(id);
        checked(node, id, is_spiffe_id(id), "a SPIFFE ID `TRUSTDOMAIN/PATH`, without wildcards")
    });
    Some(IdentityBinding {
        key: key.clone(),
        service_account,
        pod_labels: schemes.get("podLabelSelector").map(|selector| strings(selector.get("matchLabels"))),
        spiffe_ids: ids.collect(),
        origin: schemes.origin(),
    })
}

/// A SPIFFE ID of a workload without `spiffe://` (SPIFFE-ID 2): no wildcard, no empty or relative part.
fn is_spiffe_id(id: &str) -> bool {
    let Some((trust_domain, path)) = id.split_once('/') else { return false };
    let domain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    let part = |part: &str| !["", ".", ".."].contains(&part) && part.bytes().all(|b| domain(b) || b.is_ascii_uppercase());
    id.len() <= 2040 && !trust_domain.is_empty() && trust_domain.bytes().all(domain) && path.split('/').all(part)
}

/// Reads a ReferenceGrant.
pub(super) fn reference_grant(document: &Arc<Document>) -> ReferenceGrant {
    let root = document.root();
    let list = |name: &str| root.find(["spec", name]).into_iter().flat_map(NodeRef::items);
    let text = |node: NodeRef<'_>, name: &str| -> Arc<str> { node.get(name).and_then(NodeRef::text).unwrap_or_default().into() };
    ReferenceGrant {
        from: list("from").map(|node| (text(node, "group"), text(node, "kind"), text(node, "namespace"))).collect(),
        to: list("to").map(|node| (text(node, "kind"), node.get("name").and_then(NodeRef::text).map(Arc::from))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_spiffe_id;
    use test_case::test_case;

    #[test_case("shop.example/ns/web/sa/front", true ; "an account")]
    #[test_case("shop.example/Any_path-1.2", true ; "any path")]
    #[test_case("shop.example", false ; "a trust domain is nobody")]
    #[test_case("shop.example/", false ; "an empty part")]
    #[test_case("shop.example/ns//sa/x", false ; "an empty part inside")]
    #[test_case("shop.example/ns/../x", false ; "a relative part")]
    #[test_case("shop.example/ns/web/sa/*", false ; "a wildcard")]
    #[test_case("*/ns/web/sa/front", false ; "every trust domain")]
    #[test_case("Shop.example/x", false ; "a trust domain in capitals")]
    #[test_case("shop.example:443/x", false ; "a port")]
    fn spiffe_ids(id: &str, want: bool) {
        assert_eq!(is_spiffe_id(id), want);
    }
}
