//! What a backend is: units, a rendering for each, and an honest list of what it can say.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::loss::Verdict;
use super::rendered::{Fragment, ObjectId, Rendered};
use serde_json::Value;

use crate::diff::Shape;
use crate::eval::{Evaluate, Inventory};
use crate::ir::{MeshSettings, ObjectKey};
use crate::resolve::View;

/// A mesh that policy is rendered to.
pub trait Backend: Send + Sync {
    /// The word of `--backend` and `Mesh.spec.backend`.
    fn name(&self) -> &'static str;

    /// The units that exist because this object does. Objects may share units; what is read through the view
    /// decides when this is asked again.
    fn units(&self, object: &ObjectKey, view: &View<'_>) -> Vec<UnitKey>;

    /// Renders one unit. What is read through the view decides when this is asked again.
    fn render(&self, unit: &UnitKey, view: &View<'_>) -> Fragment;

    /// Every kind that it may render for Kubernetes; none: its output is no object of a cluster. Where it has
    /// [`Backend::formats`], the order is that of writing.
    fn kinds(&self) -> &'static [RenderedKind];

    /// What it can say, a row per feature, put together from its cells.
    fn capabilities(&self) -> Vec<Capability>;

    /// Further forms of the output besides its objects, such as `config-entries`.
    fn formats(&self) -> &'static [&'static str] {
        &[]
    }

    /// The output in one of [`Backend::formats`], in the order of writing, each with the object whose form it is.
    fn in_format(&self, _format: &str, _rendered: &Rendered<'_>) -> Vec<(ObjectId, Value)> {
        Vec::new()
    }

    /// A reading of this mesh's own objects by its vendor's rules: `objects` as they would be applied, `defaults`
    /// what is set outside of them.
    fn reader(&self, objects: Vec<Value>, inventory: Inventory, defaults: &Value) -> Box<dyn Evaluate>;

    /// Whether it tells the ports of a Service apart; else whatever port is called, one answers.
    fn has_ports(&self) -> bool {
        true
    }

    /// Whether a pod, as the API server has it, is in this mesh: its connections pass through the mesh's proxy.
    fn has_pod(&self, pod: &Value) -> bool;

    /// Labels of the Deployments that are its control plane in a cluster, as its own installers write them; none: nobody can tell.
    fn control_plane(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// What is set outside of the objects where a Mesh says how it is set up: the `defaults` of [`Backend::reader`].
    /// Where it does not say, the setting that admits most.
    fn installation(&self, _mesh: &MeshSettings) -> Value {
        Value::Null
    }

    /// What lists and values of an object mean when it is compared with another of its name.
    fn shape(&self, object: &ObjectId) -> Shape;

    /// The order in which objects are written; by default apiVersion, kind, namespace, name.
    fn order(&self, a: &ObjectId, b: &ObjectId) -> Ordering {
        a.cmp(b)
    }
}

/// A kind of a cluster that a backend renders; its objects live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderedKind {
    /// API group, such as `networking.istio.io`.
    pub group: &'static str,
    /// The version that is rendered.
    pub version: &'static str,
    /// As objects spell it.
    pub kind: &'static str,
    /// As paths of the API server spell it.
    pub plural: &'static str,
}

/// The smallest part that is rendered on its own, keyed by what comes out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitKey {
    /// What comes out, such as `VirtualService`; a word of the backend.
    pub output: &'static str,
    /// Namespace of the output.
    pub namespace: Arc<str>,
    /// What it is about there.
    pub name: Arc<str>,
}

impl fmt::Display for UnitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.output, self.namespace, self.name)
    }
}

/// How well a backend says one feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability {
    /// Such as `split.weight`; the same words for all backends.
    pub feature: &'static str,
    /// In the best case.
    pub verdict: Verdict,
    /// What becomes of it, and the codes of what may be lost.
    pub note: &'static str,
    /// The golden folder that proves it.
    pub proof: &'static str,
}
