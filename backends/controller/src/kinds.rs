//! The kinds that are watched: policy, inventory, and what the backend renders.

use meshglot_translator::ir::Kind;
use meshglot_translator::render::{Backend, ObjectId};

use crate::serve::is_served;

/// Why a kind is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The model is made of it.
    Read(Kind),
    /// The backend gets it.
    Rendered,
    /// It keeps generations that were in force.
    Keeps,
}

/// A kind that is watched.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) group: &'static str,
    /// The one that is wanted first; it is watched in the first that is served.
    pub(crate) versions: Vec<&'static str>,
    pub(crate) kind: &'static str,
    pub(crate) plural: String,
    pub(crate) role: Role,
    /// Whether the API server has it without a CRD.
    pub(crate) is_built_in: bool,
    /// The one that gets it, if it is rendered.
    pub(crate) backend: Option<&'static dyn Backend>,
}

/// Everything that a controller of these backends watches.
pub(crate) fn watched(backends: &[&'static dyn Backend]) -> Vec<Watched> {
    let rendered = backends.iter().flat_map(|backend| rendered(*backend).map(|kind| Watched { backend: Some(*backend), ..kind }));
    policy().chain(endpoints(backends)).chain(rendered).chain([keeps()]).collect()
}

/// Who answers for a Service, for meshes that do not find that out themselves.
pub(crate) fn endpoints(backends: &[&dyn Backend]) -> Option<Watched> {
    backends.iter().any(|backend| is_served(*backend)).then(|| read(Kind::EndpointSlice))
}

/// Policy and inventory.
pub(crate) fn policy() -> impl Iterator<Item = Watched> {
    // The meshes that get objects of Kubernetes know themselves which endpoints a Service has.
    Kind::ALL.into_iter().filter(|kind| *kind != Kind::EndpointSlice).map(read)
}

/// Their names, as `PLURAL.GROUP`, or the plural alone in the core.
pub fn policy_names() -> impl Iterator<Item = String> {
    policy().map(|kind| kind.full_name())
}

/// A kind of policy or inventory.
pub(crate) fn read(kind: Kind) -> Watched {
    let ours = meshglot_crds::all().iter().find(|known| known.kind == kind.name() && known.group == kind.group());
    let (versions, plural) = match ours {
        Some(known) => (known.versions.iter().rev().copied().collect(), known.plural.to_owned()),
        None if kind == Kind::ReferenceGrant => (vec!["v1beta1", "v1"], "referencegrants".to_owned()),
        None => (vec!["v1"], format!("{}s", kind.name().to_lowercase())),
    };
    let is_built_in = ours.is_none() && kind != Kind::ReferenceGrant;
    Watched { group: kind.group(), versions, kind: kind.name(), plural, role: Role::Read(kind), is_built_in, backend: None }
}

/// What a backend renders.
pub(crate) fn rendered(backend: &dyn Backend) -> impl Iterator<Item = Watched> {
    backend.kinds().iter().map(|kind| Watched {
        group: kind.group,
        versions: vec![kind.version],
        kind: kind.kind,
        plural: kind.plural.to_owned(),
        role: Role::Rendered,
        is_built_in: false,
        backend: None,
    })
}

/// What keeps generations that were in force.
pub(crate) fn keeps() -> Watched {
    Watched {
        group: "apps",
        versions: vec!["v1"],
        kind: "ControllerRevision",
        plural: "controllerrevisions".to_owned(),
        role: Role::Keeps,
        is_built_in: true,
        backend: None,
    }
}

impl Watched {
    /// As its definition is called: `PLURAL.GROUP`, or the plural alone in the core.
    pub(crate) fn full_name(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Whether a rendered object is of it.
    pub(crate) fn has(&self, id: &ObjectId) -> bool {
        self.role == Role::Rendered && self.kind == id.kind && self.api_version(self.versions[0]) == id.api_version
    }

    /// What it is to the model.
    pub(crate) fn read(&self) -> Option<Kind> {
        if let Role::Read(kind) = self.role { Some(kind) } else { None }
    }

    /// `group/version`, or the version alone in the core.
    pub(crate) fn api_version(&self, version: &str) -> String {
        if self.group.is_empty() { version.to_owned() } else { format!("{}/{version}", self.group) }
    }
}
