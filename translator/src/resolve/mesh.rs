//! Mesh: every default filled in, and the question which namespaces it selects.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_crds::mesh::{AccessDefault as WireDefault, IntentionPolicy, PathAnchoring as WireAnchoring};
use meshglot_crds::shared::{LossCode, Selector, SelectorOperator};

use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{AccessDefault, MeshSettings, Namespace, ObjectKey, PathAnchoring};
use crate::parse::{Document, Origin};

/// A Mesh object that was read.
#[derive(Clone, Debug)]
pub(crate) struct MeshObject {
    pub(crate) key: ObjectKey,
    pub(crate) created: Option<Arc<str>>,
    pub(crate) settings: Arc<MeshSettings>,
    pub(crate) origin: Origin,
    selector: Option<Selector>,
}

/// Namespaces of Kubernetes itself, in no Mesh unless a selector names them.
const SYSTEM_NAMESPACES: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// Fields whose policy this version does not render: told, because what is ignored does not protect.
const NOT_RENDERED: [&str; 3] = ["mutualTls", "egress", "jwtProviders"];

/// Reads a Mesh that its schema let pass.
pub(super) fn read(key: &ObjectKey, document: &Arc<Document>, out: &mut Vec<Diagnostic>) -> Option<MeshObject> {
    let root = document.root();
    let wire: meshglot_crds::Mesh = match serde_json::from_value(root.to_json()) {
        Ok(wire) => wire,
        Err(error) => {
            out.push(Diagnostic::at(Code::MG0004, root, format!("this Mesh cannot be read: {error}")).about(key));
            return None;
        }
    };
    for field in NOT_RENDERED {
        if let Some(node) = root.find(["spec", field]) {
            out.push(Diagnostic::at(Code::MG0016, node, format!("`{field}` is not rendered by this version")).about(key));
        }
    }
    let lives = |name| root.find(["spec", "builtin", "certificates", name]);
    // A day is what they live for anyway.
    let other = lives("lifetime").filter(|node| node.string() != Some("24h")).or_else(|| lives("rootLifetime"));
    if let Some(node) = other {
        let message = "`builtin.certificates` is not read by this version: certificates live 24h, and roots ten years".to_owned();
        let help = "Say it to the control plane: `meshglot controller --xds-certificate-lifetime`.";
        out.push(Diagnostic::at(Code::MG0016, node, message).help(help).about(key));
    }
    let spec = wire.spec;
    let backend = root.find(["spec", "backend"]).and_then(crate::parse::NodeRef::string).map(Arc::from);
    let absent = MeshSettings::default();
    let text = |value: Option<String>, absent: &Arc<str>| value.map_or_else(|| absent.clone(), Arc::from);
    let cluster_domain = text(spec.cluster_domain.map(|domain| domain.0), &absent.cluster_domain);
    let (istio, linkerd) = (spec.istio.unwrap_or_default(), spec.linkerd.unwrap_or_default());
    let consul = spec.consul.unwrap_or_default();
    let mirroring = consul.namespaces.filter(|namespaces| consul.enterprise == Some(true) && namespaces.mirroring == Some(true));
    let explicit = spec.builtin.as_ref().and_then(|builtin| builtin.explicit).unwrap_or(absent.builtin_explicit);
    let ports = spec.builtin.and_then(|builtin| builtin.ports);
    let port = |of: fn(&meshglot_crds::mesh::ProxyPorts) -> &Option<meshglot_crds::shared::Port>, absent: u16| {
        ports.as_ref().and_then(|ports| of(ports).as_ref()).map_or(absent, |port| port.0)
    };
    let settings = MeshSettings {
        name: key.name.clone(),
        backend,
        system_namespace: text(spec.system_namespace.map(|name| name.0), &absent.system_namespace),
        trust_domain: text(spec.trust_domain.map(|domain| domain.0), &cluster_domain),
        cluster_domain,
        path_anchoring: match spec.smi.and_then(|smi| smi.path_anchoring) {
            Some(WireAnchoring::Full) => PathAnchoring::Full,
            Some(WireAnchoring::Start) | None => PathAnchoring::Start,
        },
        access_default: match spec.access.and_then(|access| access.default) {
            Some(WireDefault::Deny) => AccessDefault::Deny,
            Some(WireDefault::Allow) => AccessDefault::Allow,
            Some(WireDefault::Targeted) | None => AccessDefault::Targeted,
        },
        allow_lossy: accepted(spec.allow_lossy.as_deref(), false).chain(accepted(spec.allow_widening.as_deref(), true)).collect(),
        istio_revision: istio.revision.map(|revision| revision.0.into()),
        istio_root_namespace: text(istio.root_namespace.map(|name| name.0), &absent.istio_root_namespace),
        istio_pseudo_headers: istio.pseudo_headers.unwrap_or(true),
        istio_any_trust_domain: istio.any_trust_domain.unwrap_or(false),
        linkerd_control_plane: text(linkerd.control_plane_namespace.map(|name| name.0), &absent.linkerd_control_plane),
        linkerd_probe_networks: match linkerd.probe_networks {
            Some(networks) => networks.into_iter().map(|network| network.0.into()).collect(),
            None => absent.linkerd_probe_networks,
        },
        linkerd_reject_ambiguous: linkerd.reject_ambiguous_paths.unwrap_or(false),
        linkerd_opaque_ports: match linkerd.opaque_ports {
            Some(ports) => ports.iter().map(|port| port.0).collect(),
            None => absent.linkerd_opaque_ports,
        },
        consul_mirroring: mirroring.map(|namespaces| namespaces.prefix.unwrap_or_default().into()),
        consul_acls: consul.acls.unwrap_or(false),
        consul_peers: consul.peers.unwrap_or_default().into_iter().map(|peer| peer.0.into()).collect(),
        consul_default_allow: matches!(consul.default_intention_policy, Some(IntentionPolicy::Allow)),
        builtin_ports: (port(|p| &p.inbound, absent.builtin_ports.0), port(|p| &p.outbound, absent.builtin_ports.1)),
        builtin_explicit: explicit,
    };
    Some(MeshObject {
        key: key.clone(),
        created: wire.metadata.creation_timestamp.map(Arc::from),
        settings: Arc::new(settings),
        origin: root.find(["metadata", "name"]).unwrap_or(root).origin(),
        selector: spec.namespace_selector,
    })
}

/// Codes that a list accepts: what widens is accepted by a list of its own alone.
fn accepted(codes: Option<&[LossCode]>, widens: bool) -> impl Iterator<Item = Code> {
    let codes = codes.unwrap_or_default().iter().filter_map(|code| code.0.parse::<Code>().ok());
    codes.filter(move |code| code.info().widens == widens)
}

impl MeshObject {
    /// Whether a namespace runs on this Mesh.
    pub(crate) fn selects(&self, namespace: &Namespace) -> bool {
        match &self.selector {
            Some(selector) => selects(selector, &namespace.labels),
            None => is_ordinary(&namespace.name, &self.settings),
        }
    }
}

/// Whether a namespace belongs to a Mesh that selects nothing by name.
pub(crate) fn is_ordinary(namespace: &str, settings: &MeshSettings) -> bool {
    !SYSTEM_NAMESPACES.contains(&namespace) && namespace != &*settings.system_namespace
}

/// A Kubernetes label selector: all parts must hold.
fn selects(selector: &Selector, labels: &BTreeMap<String, String>) -> bool {
    let by_label = selector.match_labels.iter().flatten().all(|(name, value)| labels.get(name) == Some(value));
    let by_expression = selector.match_expressions.iter().flatten().all(|requirement| {
        let value = labels.get(&requirement.key);
        let listed = value.is_some_and(|value| requirement.values.iter().flatten().any(|listed| listed == value));
        match requirement.operator {
            SelectorOperator::In => listed,
            SelectorOperator::NotIn => !listed,
            SelectorOperator::Exists => value.is_some(),
            SelectorOperator::DoesNotExist => value.is_none(),
        }
    });
    by_label && by_expression
}
