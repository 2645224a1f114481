//! PeerAuthentication: whether a port takes plain text, mutual TLS, or both.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::fields::Fields;
use super::object::{Age, Object, selects};

/// Mode of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Strict,
    Permissive,
    Disable,
    /// An object says something that is not known.
    Unknown,
}

/// A mode, and the object that set it; `None`: the default.
pub(super) type Decided = (Mode, Option<Arc<str>>);

/// One object. `None` as a mode: UNSET, inherited.
#[derive(Debug)]
struct PeerAuthentication {
    title: Arc<str>,
    age: Age,
    selector: BTreeMap<String, String>,
    mode: Option<Mode>,
    ports: BTreeMap<u16, Option<Mode>>,
}

/// All objects, by namespace.
#[derive(Debug, Default)]
pub(super) struct PeerAuthentications(HashMap<Arc<str>, Vec<PeerAuthentication>>);

/// Modes of one workload.
#[derive(Debug)]
pub(super) struct Modes {
    other: Decided,
    ports: BTreeMap<u16, Decided>,
}

impl Modes {
    /// The mode of a container port.
    pub(super) fn of(&self, port: u16) -> &Decided {
        self.ports.get(&port).unwrap_or(&self.other)
    }
}

impl PeerAuthentications {
    /// Reads an object.
    pub(super) fn add(&mut self, object: &Object<'_>) {
        let mut spec = Fields::of(object.spec);
        let selector = spec.selector("selector", "matchLabels");
        let mode = mode(spec.value("mtls"));
        let ports = spec.entries("portLevelMtls");
        let read = |(port, value): (&String, &Value)| Some((port.parse().ok()?, self::mode(Some(value))));
        let known: BTreeMap<u16, Option<Mode>> = ports.iter().copied().filter_map(read).collect();
        spec.blame(known.len() != ports.len());
        let mode = if spec.is_odd() { Some(Mode::Unknown) } else { mode };
        let one = PeerAuthentication { title: object.title(), age: object.age(), selector, mode, ports: known };
        self.0.entry(object.namespace.clone()).or_default().push(one);
    }

    /// Puts the objects into the order of their age.
    pub(super) fn sort(&mut self) {
        self.0.values_mut().for_each(|objects| objects.sort_by(|a, b| a.age.cmp(&b.age)));
    }

    /// The modes of a workload: the oldest object of each scope counts, the narrower scope wins, UNSET inherits.
    ///
    /// # Source
    /// Istio `pilot/pkg/security/authn/policy_applier.go`, `ComposePeerAuthentication`.
    pub(super) fn modes(&self, namespace: &str, labels: &BTreeMap<String, String>, root: &str) -> Modes {
        let objects = |namespace: &str| self.0.get(namespace).map(Vec::as_slice).unwrap_or_default();
        let broad = |namespace: &str| objects(namespace).iter().find(|one| one.selector.is_empty());
        // Istio looks at selectors outside of the root namespace only.
        let narrow = |one: &&PeerAuthentication| !one.selector.is_empty() && selects(&one.selector, labels);
        let workload = objects(namespace).iter().filter(|_| namespace != root).find(narrow);
        let scopes = [broad(root), broad(namespace).filter(|_| namespace != root), workload];
        let mut other: Decided = (Mode::Permissive, None);
        for one in scopes.into_iter().flatten() {
            if let Some(mode) = one.mode {
                other = (mode, Some(one.title.clone()));
            }
        }
        let port = |one: &PeerAuthentication, mode: Option<Mode>| match mode {
            Some(mode) if other.0 != Mode::Unknown => (mode, Some(one.title.clone())),
            _ => other.clone(),
        };
        let ports = workload.iter().flat_map(|one| one.ports.iter().map(|(number, mode)| (*number, port(one, *mode)))).collect();
        Modes { other, ports }
    }
}

fn mode(value: Option<&Value>) -> Option<Mode> {
    let mut mtls = Fields::of(value);
    let word = mtls.text("mode").unwrap_or("UNSET");
    match word {
        _ if mtls.is_odd() => Some(Mode::Unknown),
        "UNSET" => None,
        "STRICT" => Some(Mode::Strict),
        "PERMISSIVE" => Some(Mode::Permissive),
        "DISABLE" => Some(Mode::Disable),
        _ => Some(Mode::Unknown),
    }
}
