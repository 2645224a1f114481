//! The eleven resources of the API (M1): by which names they are asked for, and what they refer to.

/// What metrics are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// All pods of a namespace.
    Namespaces,
    /// A machine of a cluster.
    Nodes,
    /// One instance.
    Pods,
    /// The oldest way to have several pods.
    ReplicationControllers,
    /// The pods that a Service selects.
    Services,
    /// The pods of a DaemonSet.
    DaemonSets,
    /// The pods of a Deployment.
    Deployments,
    /// The pods of a ReplicaSet.
    ReplicaSets,
    /// The pods of a StatefulSet.
    StatefulSets,
    /// The pods of a Job.
    Jobs,
    /// The backends of a TrafficSplit, an object each.
    TrafficSplits,
}

/// The names of a resource.
struct Names {
    kind: &'static str,
    plural: &'static str,
    singular: &'static str,
    /// Those of the core would make every `kubectl get po` of a cluster warn that it is ambiguous.
    short: &'static str,
    api_version: &'static str,
}

impl Resource {
    /// In the order of the specification.
    pub const ALL: [Self; 11] = [
        Self::Namespaces,
        Self::Nodes,
        Self::Pods,
        Self::ReplicationControllers,
        Self::Services,
        Self::DaemonSets,
        Self::Deployments,
        Self::ReplicaSets,
        Self::StatefulSets,
        Self::Jobs,
        Self::TrafficSplits,
    ];

    fn names(self) -> Names {
        let names = |kind, plural, singular, short, api_version| Names { kind, plural, singular, short, api_version };
        match self {
            Self::Namespaces => names("Namespace", "namespaces", "namespace", "tmns", "v1"),
            Self::Nodes => names("Node", "nodes", "node", "tmno", "v1"),
            Self::Pods => names("Pod", "pods", "pod", "tmpo", "v1"),
            Self::ReplicationControllers => names("ReplicationController", "replicationcontrollers", "replicationcontroller", "tmrc", "v1"),
            Self::Services => names("Service", "services", "service", "tmsvc", "v1"),
            Self::DaemonSets => names("DaemonSet", "daemonsets", "daemonset", "tmds", "apps/v1"),
            Self::Deployments => names("Deployment", "deployments", "deployment", "tmdeploy", "apps/v1"),
            Self::ReplicaSets => names("ReplicaSet", "replicasets", "replicaset", "tmrs", "apps/v1"),
            Self::StatefulSets => names("StatefulSet", "statefulsets", "statefulset", "tmsts", "apps/v1"),
            Self::Jobs => names("Job", "jobs", "job", "tmjobs", "batch/v1"),
            Self::TrafficSplits => names("TrafficSplit", "trafficsplits", "trafficsplit", "tmts", "split.smi-spec.io/v1alpha4"),
        }
    }

    /// The resource of this plural.
    pub fn of(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.plural() == plural)
    }

    /// The kind of what it is about, such as `Pod`.
    pub fn kind(self) -> &'static str {
        self.names().kind
    }

    /// As paths have it, such as `pods`.
    pub fn plural(self) -> &'static str {
        self.names().plural
    }

    /// For one of them, such as `pod`.
    pub fn singular(self) -> &'static str {
        self.names().singular
    }

    /// For people who type.
    pub fn short(self) -> &'static str {
        self.names().short
    }

    /// Group and version of what it is about, such as `apps/v1`.
    pub fn api_version(self) -> &'static str {
        self.names().api_version
    }

    /// Whether it lives in a namespace.
    pub fn is_namespaced(self) -> bool {
        !matches!(self, Self::Namespaces | Self::Nodes)
    }
    /// The path of all of them, in a namespace that is not empty or in all.
    pub fn path(self, namespace: Option<&str>) -> String {
        match namespace.filter(|namespace| self.is_namespaced() && !namespace.is_empty()) {
            Some(namespace) => format!("/apis/metrics.smi-spec.io/v1alpha1/namespaces/{namespace}/{}", self.plural()),
            None => format!("/apis/metrics.smi-spec.io/v1alpha1/{}", self.plural()),
        }
    }
}
