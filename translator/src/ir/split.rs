//! TrafficSplit and HTTPRouteGroup as single objects: checked, but nothing looked up yet.

use std::sync::Arc;

use super::key::ObjectKey;
use super::matching::HeaderMatch;
use super::matching::Method;
use super::pattern::Checked;
use crate::parse::{Document, Origin};

/// A TrafficSplit of any version.
#[derive(Clone, Debug)]
pub struct TrafficSplit {
    /// Namespace and name.
    pub key: ObjectKey,
    /// Where it is written.
    pub document: Arc<Document>,
    /// `metadata.creationTimestamp`, RFC 3339, if it comes from a cluster.
    pub created: Option<Arc<str>>,
    /// The Service that clients call.
    pub root: SplitRoot,
    /// Where the root is written.
    pub root_origin: Origin,
    /// Names of HTTPRouteGroups, ORed (S7); empty: every request.
    pub matches: Vec<(Arc<str>, Origin)>,
    /// In the order written; each Service once (S13).
    pub backends: Vec<SplitBackend>,
    /// Where the list of backends is written.
    pub backends_origin: Origin,
}

/// The root of a split as it is written (S4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SplitRoot {
    /// A Service of the split's own namespace.
    Own(Arc<str>),
    /// `NAME.NAMESPACE` of another namespace, or an external host of two labels: the inventory decides.
    Dotted(Arc<str>, Arc<str>),
    /// An external host; the object's own name is meant (Flagger).
    Host,
}

impl TrafficSplit {
    /// The Service in the split's own namespace under which it is filed.
    pub fn root_name(&self) -> &Arc<str> {
        match &self.root {
            SplitRoot::Own(name) => name,
            SplitRoot::Dotted(..) | SplitRoot::Host => &self.key.name,
        }
    }
}

/// One backend of a split.
#[derive(Clone, Debug)]
pub struct SplitBackend {
    /// A Service of the split's namespace.
    pub service: Arc<str>,
    /// Relative; whole numbers as written, quantities with fractions in thousandths over their divisor.
    pub weight: u64,
    /// Where the Service is written.
    pub service_origin: Origin,
    /// Where the weight is written.
    pub weight_origin: Origin,
}

/// An HTTPRouteGroup of any version.
#[derive(Clone, Debug)]
pub struct HttpRouteGroup {
    /// Namespace and name.
    pub key: ObjectKey,
    /// Where it is written.
    pub document: Arc<Document>,
    /// In the order written.
    pub matches: Vec<RouteMatch>,
}

/// One match of a group. How its path is anchored depends on the Mesh, so the expression is kept.
#[derive(Clone, Debug)]
pub struct RouteMatch {
    /// Unique in its group.
    pub name: Arc<str>,
    /// Where the match is written.
    pub origin: Origin,
    /// The path regex, if there is one, and where it is written.
    pub path: Option<(Arc<Checked>, Origin)>,
    /// Sorted; empty for any.
    pub methods: std::collections::BTreeSet<Method>,
    /// Sorted by name.
    pub headers: Vec<HeaderMatch>,
}
