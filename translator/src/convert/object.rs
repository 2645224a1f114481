//! One object on its way to another version: what it becomes, or why it cannot.

use std::sync::Arc;

use serde_json::Value;

use super::version::{Group, Version};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::{Kind, ObjectKey};
use crate::parse::{Document, NodeRef};
use crate::resolve::{Object, ReadOptions, Recognised, read, recognise};

/// Why an object has no form in a version.
pub(super) type Refusal = Box<Diagnostic>;

/// A refusal at what cannot be said.
pub(super) fn refusal(place: NodeRef<'_>, message: impl Into<String>, help: impl Into<String>) -> Refusal {
    Box::new(Diagnostic::at(Code::MG0601, place, message).help(help))
}

/// An object in another version.
#[derive(Debug)]
pub(super) struct Converted {
    /// The object.
    pub(super) value: Value,
    /// An object that stands beside it from now on.
    pub(super) added: Option<Value>,
    /// What readers of the change should know.
    pub(super) notes: Vec<Diagnostic>,
}

impl From<Value> for Converted {
    fn from(value: Value) -> Self {
        Self { value, added: None, notes: Vec::new() }
    }
}

/// The kinds that have versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SmiKind {
    TrafficSplit,
    HttpRouteGroup,
    TcpRoute,
    UdpRoute,
    TrafficTarget,
    IdentityBinding,
}

impl SmiKind {
    const ALL: [Self; 6] =
        [Self::TrafficSplit, Self::HttpRouteGroup, Self::TcpRoute, Self::UdpRoute, Self::TrafficTarget, Self::IdentityBinding];

    fn name(self) -> &'static str {
        match self {
            Self::TrafficSplit => Kind::TrafficSplit.name(),
            Self::HttpRouteGroup => Kind::HttpRouteGroup.name(),
            Self::TcpRoute => Kind::TcpRoute.name(),
            Self::UdpRoute => Kind::UdpRoute.name(),
            Self::TrafficTarget => Kind::TrafficTarget.name(),
            Self::IdentityBinding => Kind::IdentityBinding.name(),
        }
    }

    pub(super) fn group(self) -> Group {
        match self {
            Self::TrafficSplit => Group::Split,
            Self::HttpRouteGroup | Self::TcpRoute | Self::UdpRoute => Group::Specs,
            Self::TrafficTarget | Self::IdentityBinding => Group::Access,
        }
    }
}

/// A document of the input.
#[derive(Debug)]
pub(super) enum Entry {
    /// An SMI object, valid on its own.
    Smi(Box<Smi>),
    /// An SMI object that cannot be read, and why.
    Wrong(Vec<Diagnostic>),
    /// An object of another kind.
    Foreign {
        /// Whether any command reads it.
        known: bool,
    },
}

/// An SMI object, valid on its own.
#[derive(Debug)]
pub(super) struct Smi {
    pub(super) kind: SmiKind,
    pub(super) version: Version,
    pub(super) document: Arc<Document>,
    /// `None` for kinds that no mesh carries.
    pub(super) key: Option<ObjectKey>,
    /// What it says; `None` as for the key.
    pub(super) object: Option<Object>,
}

/// Reads a document as far as its version matters.
pub(super) fn entry(document: &Arc<Document>, options: &ReadOptions) -> Entry {
    let root = document.root();
    let text = |name: &str| root.get(name).and_then(NodeRef::text).unwrap_or_default();
    let (api_version, name) = (text("apiVersion"), text("kind"));
    let recognised = recognise(document, options);
    let in_smi = Group::ALL.iter().any(|group| api_version.strip_prefix(group.name()).is_some_and(|rest| rest.starts_with('/')));
    let kind = SmiKind::ALL.into_iter().find(|kind| kind.name() == name);
    let known = meshglot_crds::find_api(api_version, name).and_then(|_| kind.zip(Group::read(api_version)));
    match (recognised, known) {
        (Recognised::Object(key), Some((kind, (_, version)))) => smi(kind, version, document, key, options),
        (Recognised::Wrong(_), Some((kind @ SmiKind::UdpRoute, (_, version)))) => {
            Entry::Smi(Box::new(Smi { kind, version, document: document.clone(), key: None, object: None }))
        }
        (Recognised::Wrong(diagnostic), _) if in_smi || (api_version.is_empty() && kind.is_some()) => Entry::Wrong(vec![*diagnostic]),
        (Recognised::Object(_) | Recognised::Wrong(_), _) => Entry::Foreign { known: true },
        (Recognised::Foreign, _) => Entry::Foreign { known: false },
    }
}

fn smi(kind: SmiKind, version: Version, document: &Arc<Document>, key: ObjectKey, options: &ReadOptions) -> Entry {
    let mut told = Vec::new();
    let object = read(&key, document, options, &mut told);
    told.retain(|diagnostic| diagnostic.severity == Severity::Error);
    // A target with a mistake is read all the same, to keep its destination closed.
    match object {
        Some(object) if told.is_empty() => {
            Entry::Smi(Box::new(Smi { kind, version, document: document.clone(), key: Some(key), object: Some(object) }))
        }
        _ => Entry::Wrong(told),
    }
}
