//! Names of objects: what a reference holds and an index is keyed by.

use std::fmt;
use std::sync::Arc;

/// Kinds of objects that are read, neutral ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// meshglot.dev `Mesh`.
    Mesh,
    /// split.smi-spec.io `TrafficSplit`.
    TrafficSplit,
    /// specs.smi-spec.io `HTTPRouteGroup`.
    HttpRouteGroup,
    /// specs.smi-spec.io `TCPRoute`.
    TcpRoute,
    /// specs.smi-spec.io `UDPRoute`, which no mesh can say.
    UdpRoute,
    /// access.smi-spec.io `TrafficTarget`.
    TrafficTarget,
    /// access.smi-spec.io `IdentityBinding`.
    IdentityBinding,
    /// gateway.networking.k8s.io `ReferenceGrant`.
    ReferenceGrant,
    /// Core `Namespace`.
    Namespace,
    /// Core `Service`.
    Service,
    /// Core `ServiceAccount`.
    ServiceAccount,
    /// discovery.k8s.io `EndpointSlice`.
    EndpointSlice,
    /// Core `Pod`.
    Pod,
    /// apps `Deployment`.
    Deployment,
    /// apps `StatefulSet`.
    StatefulSet,
    /// apps `DaemonSet`.
    DaemonSet,
    /// apps `ReplicaSet`.
    ReplicaSet,
    /// batch `Job`.
    Job,
    /// batch `CronJob`.
    CronJob,
    /// meshglot.dev `Workload`.
    Workload,
}

impl Kind {
    /// Every kind that is read.
    pub const ALL: [Self; 20] = [
        Self::Mesh,
        Self::TrafficSplit,
        Self::HttpRouteGroup,
        Self::TcpRoute,
        Self::UdpRoute,
        Self::TrafficTarget,
        Self::IdentityBinding,
        Self::ReferenceGrant,
        Self::Namespace,
        Self::Service,
        Self::ServiceAccount,
        Self::EndpointSlice,
        Self::Pod,
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::ReplicaSet,
        Self::Job,
        Self::CronJob,
        Self::Workload,
    ];

    /// As Kubernetes spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mesh => "Mesh",
            Self::TrafficSplit => "TrafficSplit",
            Self::HttpRouteGroup => "HTTPRouteGroup",
            Self::TcpRoute => "TCPRoute",
            Self::UdpRoute => "UDPRoute",
            Self::TrafficTarget => "TrafficTarget",
            Self::IdentityBinding => "IdentityBinding",
            Self::ReferenceGrant => "ReferenceGrant",
            Self::Namespace => "Namespace",
            Self::Service => "Service",
            Self::ServiceAccount => "ServiceAccount",
            Self::EndpointSlice => "EndpointSlice",
            Self::Pod => "Pod",
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Workload => "Workload",
        }
    }

    /// The API group; empty for the core.
    pub fn group(self) -> &'static str {
        match self {
            Self::Mesh | Self::Workload => "meshglot.dev",
            Self::TrafficSplit => "split.smi-spec.io",
            Self::HttpRouteGroup | Self::TcpRoute | Self::UdpRoute => "specs.smi-spec.io",
            Self::TrafficTarget | Self::IdentityBinding => "access.smi-spec.io",
            Self::ReferenceGrant => "gateway.networking.k8s.io",
            Self::Namespace | Self::Service | Self::ServiceAccount | Self::Pod => "",
            Self::EndpointSlice => "discovery.k8s.io",
            Self::Deployment | Self::StatefulSet | Self::DaemonSet | Self::ReplicaSet => "apps",
            Self::Job | Self::CronJob => "batch",
        }
    }

    /// Whether people write policy in it, rather than it being read as inventory.
    pub fn is_neutral(self) -> bool {
        matches!(
            self,
            Self::Mesh
                | Self::TrafficSplit
                | Self::HttpRouteGroup
                | Self::TcpRoute
                | Self::UdpRoute
                | Self::TrafficTarget
                | Self::IdentityBinding
        )
    }

    /// Whether it lives in no namespace.
    pub fn is_cluster_scoped(self) -> bool {
        matches!(self, Self::Mesh | Self::Namespace)
    }

    /// Whether its schema is one of ours.
    pub fn is_ours(self) -> bool {
        self.is_neutral() || self == Self::Workload
    }

    /// Whether it runs workloads: it has a pod template, or is an instance outside Kubernetes.
    pub fn runs_pods(self) -> bool {
        use Kind::{CronJob, DaemonSet, Deployment, Job, Pod, ReplicaSet, StatefulSet, Workload};
        matches!(self, Pod | Deployment | StatefulSet | DaemonSet | ReplicaSet | Job | CronJob | Workload)
    }
}

/// Kind, namespace and name; written `TrafficSplit/shop/web`, or `Mesh/main` without a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// What it is.
    pub kind: Kind,
    /// Empty for kinds of the cluster.
    pub namespace: Arc<str>,
    /// Name in its namespace.
    pub name: Arc<str>,
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, name } = self;
        if namespace.is_empty() { write!(f, "{}/{name}", kind.name()) } else { write!(f, "{}/{namespace}/{name}", kind.name()) }
    }
}

/// A Service by namespace and name: what splits and rules point at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceKey {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl ServiceKey {
    /// As an object of the inventory.
    pub fn object(&self) -> ObjectKey {
        ObjectKey { kind: Kind::Service, namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// `NAME.NAMESPACE.svc.DOMAIN`.
    pub fn host(&self, cluster_domain: &str) -> String {
        format!("{}.{}.svc.{cluster_domain}", self.name, self.namespace)
    }
}

impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
