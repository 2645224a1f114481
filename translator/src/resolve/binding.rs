//! The small objects that access rules refer to: TCPRoute, IdentityBinding, ReferenceGrant.

use std::sync::Arc;

use super::metadata::strings;
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

/// Reads an IdentityBinding that its schema let pass.
pub(super) fn identity_binding(key: &ObjectKey, document: &Arc<Document>) -> Option<IdentityBinding> {
    let schemes = document.root().find(["spec", "schemes"])?;
    let ids = schemes.get("spiffeIdentities").into_iter().flat_map(NodeRef::items).filter_map(NodeRef::string);
    Some(IdentityBinding {
        key: key.clone(),
        service_account: schemes.get("serviceAccount").and_then(NodeRef::string).map(Arc::from),
        pod_labels: schemes.get("podLabelSelector").map(|selector| strings(selector.get("matchLabels"))),
        spiffe_ids: ids.map(|id| id.strip_prefix("spiffe://").unwrap_or(id).into()).collect(),
        origin: schemes.origin(),
    })
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
