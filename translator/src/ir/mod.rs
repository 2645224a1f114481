//! The neutral model: what policy means, once it is checked. One file per thing; backends see only this.

mod access;
mod inventory;
mod key;
mod matching;
mod mesh;
pub mod pattern;
mod route;
mod split;
pub mod weight;

pub use access::{
    AccessDefault, AccessRule, AccountAccess, AccountKey, Identity, IdentityBinding, ReferenceGrant, RuleKind, Subject, SubjectKind,
    TargetRule, TcpRoute, TrafficTarget, WorkloadAccess, WorkloadPort, WorkloadRule,
};
pub use inventory::{Endpoint, EndpointSlice, Namespace, PodSet, PortTarget, Protocol, Service, ServicePort};
pub use key::{Kind, ObjectKey, ServiceKey};
pub use matching::{HeaderMatch, HttpMatch, Method};
pub use mesh::MeshSettings;
pub use pattern::{HeaderPattern, PathAnchoring, PathPattern};
pub use route::{Destination, PortRoutes, Rule, ServiceRoutes};
pub use split::{HttpRouteGroup, RouteMatch, SplitBackend, SplitRoot, TrafficSplit};
