//! TrafficTarget, all versions, by shape: `destination`, `sources`, `specs` at the top (v1alpha1), or
//! `destination`, `sources`, `rules` below `spec`.

use std::sync::Arc;

use super::metadata::{is_label, is_subdomain};
use super::place::place;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{ObjectKey, RuleKind, Subject, SubjectKind, TargetRule, TrafficTarget};
use crate::parse::{Document, NodeRef, Origin, Scalar};

/// Reads a target. What is wrong in it allows nothing, but its destination stays closed, so that a mistake never
/// opens a door. `None` only if even the destination cannot be read.
pub(super) fn read(key: &ObjectKey, document: &Arc<Document>, valid: bool, out: &mut Vec<Diagnostic>) -> Option<TrafficTarget> {
    let root = document.root();
    let mut reader = Reader { key, out, failed: !valid };
    let destination_node = reader.place(root, "destination", "destination")?;
    if let Some(kind) = destination_node.get("kind").filter(|kind| subject_kind(*kind).is_none()) {
        // Nobody knows which workloads were meant to be closed.
        let message = format!("NOT PROTECTED: a destination is a ServiceAccount, not `{}`", kind.text().unwrap_or_default());
        let diagnostic = Diagnostic::at(Code::MG0502, kind, message);
        reader.out.push(diagnostic.about(key).help("name the ServiceAccount as which the workloads run"));
        return None;
    }
    let destination = reader.subject(destination_node)?;
    if destination.kind == SubjectKind::IdentityBinding {
        // Taken for an account of the same name it would close one workload and open it, and leave the meant one alone.
        let message = format!("NOT PROTECTED: workloads are found by their ServiceAccount, not by IdentityBinding `{}`", destination.name);
        let diagnostic = Diagnostic::at_origin(Code::MG0502, destination.origin.clone(), message);
        reader.out.push(diagnostic.about(key).help("name the ServiceAccount as which they run"));
        return None;
    }
    let port = destination_node.get("port").filter(|node| !node.is_null()).and_then(|node| reader.port(node));
    let sources_node = reader.place(root, "sources", "sources");
    let sources: Vec<Subject> = sources_node.into_iter().flat_map(NodeRef::items).filter_map(|node| reader.source(node)).collect();
    if sources_node.is_none_or(|node| node.items().len() == 0) {
        reader.fail(Diagnostic::at(Code::MG0005, sources_node.unwrap_or(root), "this TrafficTarget has no sources: it allows nobody"));
    }
    let rules_node = reader.place(root, "specs", "rules");
    let rules: Vec<TargetRule> = rules_node.into_iter().flat_map(NodeRef::items).filter_map(|node| reader.rule(node)).collect();
    if rules_node.is_none_or(|node| node.items().len() == 0) {
        // A8: rules are optional in the schemas of v1alpha1 and 2, and must not become "everything".
        reader.fail(Diagnostic::at(Code::MG0005, rules_node.unwrap_or(root), "this TrafficTarget has no rules: it allows nothing"));
    }
    let closed = reader.failed;
    Some(TrafficTarget {
        key: key.clone(),
        document: document.clone(),
        destination,
        port: port.filter(|_| !closed),
        sources: if closed { Vec::new() } else { sources },
        rules: if closed { Vec::new() } else { rules },
    })
}

fn subject_kind(node: NodeRef<'_>) -> Option<SubjectKind> {
    match node.text()? {
        "ServiceAccount" => Some(SubjectKind::ServiceAccount),
        "IdentityBinding" => Some(SubjectKind::IdentityBinding),
        _ => None,
    }
}

struct Reader<'a> {
    key: &'a ObjectKey,
    out: &'a mut Vec<Diagnostic>,
    /// A mistake that leaves the whole target without effect.
    failed: bool,
}

impl Reader<'_> {
    fn fail(&mut self, diagnostic: Diagnostic) {
        self.failed = true;
        self.out.push(diagnostic.about(self.key));
    }

    /// A mistake in one part, which then allows nothing.
    fn drop(&mut self, diagnostic: Diagnostic) {
        self.out.push(diagnostic.about(self.key));
    }

    /// A field at the top or below `spec`. If it stands in both, differently, that below is read on.
    fn place<'n>(&mut self, root: NodeRef<'n>, top: &str, below: &str) -> Option<NodeRef<'n>> {
        place(root, top, below).unwrap_or_else(|twice| {
            self.fail(twice.told(format!("`{top}` stands at the top and `{below}` below `spec`, differently")));
            Some(twice.below)
        })
    }

    /// A caller. What is no name stands for nobody: a mesh may read `*` in it as everybody.
    fn source(&mut self, node: NodeRef<'_>) -> Option<Subject> {
        let source = self.subject(node)?;
        let wrong = |field, fits: bool| if fits { None } else { node.get(field).map(|node| (field, node)) };
        if let Some((field, wrong)) = wrong("name", is_subdomain(&source.name)).or_else(|| wrong("namespace", is_label(&source.namespace)))
        {
            let message =
                format!("`{}` is not the {field} of a {}: it stands for nobody", wrong.text().unwrap_or_default(), source.kind.word());
            self.drop(Diagnostic::at(Code::MG0010, wrong, message));
            return None;
        }
        Some(source)
    }

    fn subject(&mut self, node: NodeRef<'_>) -> Option<Subject> {
        let kind_node = node.get("kind")?;
        let Some(kind) = subject_kind(kind_node) else {
            let other = kind_node.text().unwrap_or_default();
            let message = format!("a subject is a ServiceAccount or an IdentityBinding, not `{other}`");
            self.drop(Diagnostic::at(Code::MG0103, kind_node, message));
            return None;
        };
        let name = node.get("name")?;
        let namespace = node.get("namespace").and_then(NodeRef::string).filter(|text| !text.is_empty());
        Some(Subject {
            kind,
            namespace: namespace.map_or_else(|| self.key.namespace.clone(), Arc::from),
            name: name.string()?.into(),
            origin: name.origin(),
        })
    }

    /// An integer, or one in quotes as the oldest SDK writes it.
    fn port(&mut self, node: NodeRef<'_>) -> Option<(u16, Origin)> {
        let number = match node.scalar() {
            Some(Scalar::Integer(text) | Scalar::String(text)) => text.parse::<u16>().ok().filter(|port| *port > 0),
            _ => None,
        };
        if number.is_none() {
            self.fail(Diagnostic::at(Code::MG0303, node, "a port is a number from 1 to 65535"));
        }
        Some((number?, node.origin()))
    }

    fn rule(&mut self, node: NodeRef<'_>) -> Option<TargetRule> {
        let kind_node = node.get("kind")?;
        let kind = match kind_node.text() {
            Some("HTTPRouteGroup") => RuleKind::HttpRouteGroup,
            Some("TCPRoute") => RuleKind::TcpRoute,
            Some("UDPRoute") => RuleKind::UdpRoute,
            other => {
                let message = format!("a rule is an HTTPRouteGroup, a TCPRoute or a UDPRoute, not `{}`", other.unwrap_or_default());
                // It may have been meant to narrow the others.
                self.fail(Diagnostic::at(Code::MG0103, kind_node, message));
                return None;
            }
        };
        let name = node.get("name")?;
        let matches = node.get("matches").into_iter().flat_map(NodeRef::items);
        let matches = matches.filter_map(|one| Some((one.text()?.into(), one.origin()))).collect();
        Some(TargetRule { kind, name: name.string()?.into(), matches, origin: name.origin() })
    }
}
