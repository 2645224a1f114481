//! Who may call whom: TrafficTargets as single objects, and what they come to for one workload.

use std::fmt;
use std::sync::Arc;

use super::inventory::{PodSet, Protocol};
use super::key::{Kind, ObjectKey, ServiceKey};
use super::matching::HttpMatch;
use crate::diagnostic::Diagnostic;
use crate::parse::{Document, Origin};

/// A ServiceAccount: with a trust domain, an identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl AccountKey {
    /// `spiffe://TRUSTDOMAIN/ns/NS/sa/SA`.
    pub fn spiffe_id(&self, trust_domain: &str) -> String {
        format!("spiffe://{trust_domain}/ns/{}/sa/{}", self.namespace, self.name)
    }

    /// As an object of the inventory.
    pub fn object(&self) -> ObjectKey {
        ObjectKey { kind: Kind::ServiceAccount, namespace: self.namespace.clone(), name: self.name.clone() }
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// What happens to a request that no rule names (`Mesh.spec.access.default`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AccessDefault {
    /// Workloads that a rule targets admit only what is listed; others stay open.
    #[default]
    Targeted,
    /// Every workload of the Mesh is closed.
    Deny,
    /// Rules are written down but not enforced.
    Allow,
}

/// A TrafficTarget of any version, checked on its own.
#[derive(Clone, Debug)]
pub struct TrafficTarget {
    /// Namespace and name.
    pub key: ObjectKey,
    /// Where it is written.
    pub document: Arc<Document>,
    /// The account whose workloads are called.
    pub destination: Subject,
    /// `destination.port` of v1alpha1 and 2: beside everything else.
    pub port: Option<(u16, Origin)>,
    /// Who calls; empty if a mistake leaves nobody.
    pub sources: Vec<Subject>,
    /// What may be called; empty if a mistake leaves nothing.
    pub rules: Vec<TargetRule>,
}

/// A reference to identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// `ServiceAccount` or `IdentityBinding`.
    pub kind: SubjectKind,
    /// The object's own if not written (A3).
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Where it is written.
    pub origin: Origin,
}

/// What a [`Subject`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// A ServiceAccount.
    ServiceAccount,
    /// An IdentityBinding of access v1alpha4.
    IdentityBinding,
}

impl SubjectKind {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::ServiceAccount => "ServiceAccount",
            Self::IdentityBinding => "IdentityBinding",
        }
    }
}

/// One rule of a TrafficTarget as it is written.
#[derive(Clone, Debug)]
pub struct TargetRule {
    /// What it names.
    pub kind: RuleKind,
    /// In the target's namespace (A5).
    pub name: Arc<str>,
    /// Matches of a group by name; empty: all of it (A6).
    pub matches: Vec<(Arc<str>, Origin)>,
    /// Where it is written.
    pub origin: Origin,
}

/// What a [`TargetRule`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// Requests.
    HttpRouteGroup,
    /// Ports.
    TcpRoute,
    /// Not carried by any mesh here.
    UdpRoute,
}

/// A TCPRoute of any version.
#[derive(Clone, Debug)]
pub struct TcpRoute {
    /// Namespace and name.
    pub key: ObjectKey,
    /// Empty: every port (P7).
    pub ports: Vec<(u16, Origin)>,
}

/// An IdentityBinding; its schemes are ORed.
#[derive(Clone, Debug)]
pub struct IdentityBinding {
    /// Namespace and name.
    pub key: ObjectKey,
    /// An account of its namespace.
    pub service_account: Option<Arc<str>>,
    /// Labels of pods of its namespace.
    pub pod_labels: Option<std::collections::BTreeMap<String, String>>,
    /// SPIFFE IDs without `spiffe://`.
    pub spiffe_ids: Vec<Arc<str>>,
    /// Where it is written.
    pub origin: Origin,
}

/// A ReferenceGrant of the Gateway API, as far as it lets policy in.
#[derive(Clone, Debug)]
pub struct ReferenceGrant {
    /// Group, kind and namespace of the objects that are let in.
    pub from: Vec<(Arc<str>, Arc<str>, Arc<str>)>,
    /// Kind and name (absent: any) of what they may refer to here.
    pub to: Vec<(Arc<str>, Option<Arc<str>>)>,
}

/// An identity that may call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// A ServiceAccount of this mesh.
    Account(AccountKey),
    /// A SPIFFE ID without `spiffe://`, of whatever trust domain.
    Spiffe(Arc<str>),
}

impl Identity {
    /// With `spiffe://`.
    pub fn spiffe_id(&self, trust_domain: &str) -> String {
        match self {
            Self::Account(account) => account.spiffe_id(trust_domain),
            Self::Spiffe(id) => format!("spiffe://{id}"),
        }
    }
}

/// One allow rule, every reference resolved.
#[derive(Clone, Debug)]
pub struct AccessRule {
    /// The target that it comes from.
    pub target: Arc<TrafficTarget>,
    /// Unique in its target: the name of the group or route, `-2` if it occurs again.
    pub name: String,
    /// Where the rule is written.
    pub origin: Origin,
    /// Who may call, sorted; not empty.
    pub sources: Vec<(Identity, Origin)>,
    /// Ports as written, which must hold too; `None`: every port.
    pub ports: Option<Vec<(u16, Origin)>>,
    /// Requests, ORed; `None`: everything, also what is not HTTP.
    pub matches: Option<Vec<Arc<HttpMatch>>>,
    /// The objects that it is made from.
    pub from: Vec<ObjectKey>,
}

/// Everything that targets one ServiceAccount.
#[derive(Clone, Debug)]
pub struct AccountAccess {
    /// The account.
    pub account: AccountKey,
    /// The targets that name it, also those that are wrong: what they were to protect stays closed.
    pub targets: Vec<Arc<TrafficTarget>>,
    /// What is allowed, by target and rule.
    pub rules: Vec<Arc<AccessRule>>,
    /// The workloads that run as it.
    pub workloads: Vec<Arc<PodSet>>,
    /// What is wrong with the targets.
    pub diagnostics: Vec<Diagnostic>,
}

/// Access to one workload: what each backend renders.
#[derive(Clone, Debug)]
pub struct WorkloadAccess {
    /// The workload.
    pub workload: Arc<PodSet>,
    /// Its account.
    pub account: AccountKey,
    /// Whether what no rule names is denied; else every request is admitted.
    pub closed: bool,
    /// Rules are told but not enforced (`access.default: allow`).
    pub audit: bool,
    /// Ports that the pods declare or that Services in front of them target, by number.
    pub ports: Vec<WorkloadPort>,
    /// What is allowed, by target and rule.
    pub rules: Vec<WorkloadRule>,
    /// The neutral objects behind all this, sorted: targets, also wrong ones.
    pub sources: Vec<ObjectKey>,
}

/// A container port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadPort {
    /// 1..65535.
    pub number: u16,
    /// What it speaks: as the Services in front of it declare, else HTTP where an HTTP rule points at it.
    pub protocol: Protocol,
    /// The Service ports that lead here.
    pub services: Vec<(ServiceKey, u16)>,
}

/// A rule as it holds for one workload.
#[derive(Clone, Debug)]
pub struct WorkloadRule {
    /// The rule.
    pub rule: Arc<AccessRule>,
    /// Container ports that it holds on, sorted; all of the workload's where the rule names none.
    pub ports: Vec<u16>,
    /// Whether it holds on every port, declared or not.
    pub every_port: bool,
}
