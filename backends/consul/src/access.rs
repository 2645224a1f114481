//! Access on Consul: one `ServiceIntentions` per service that is closed, and per name that leads to it.
//!
//! Every entry is closed in itself, `*` deny last, as no object can read or set what the server does with the rest.
//! Intentions are enforced at the instance's own service. A root without instances has the union of what lies
//! behind it: under default deny a transparent proxy only gets its route if an intention allows it there too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{AccessRule, MeshSettings, ObjectKey, Protocol, Service, ServiceKey};
use meshglot_translator::parse::Origin;
use meshglot_translator::render::{Capability, Provenance, Report, Verdict};
use meshglot_translator::resolve::View;

use crate::chain::{Chain, positive};
use crate::destination::{self, Destination};
use crate::identity::{self, Caller};
use crate::names;
use crate::permission::{Grant, takes_ambiguous};
use crate::resource::service_intentions::{IntentionDestination, ServiceIntentionsSpec, SourceIntention};

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability {
        feature: "access.identity",
        verdict: Verdict::Equivalent,
        note: "a ServiceAccount is the Consul services whose pods run as it (MG1301, MG1313)",
        proof: "access/consul-http",
    },
    Capability {
        feature: "access.path",
        verdict: Verdict::Exact,
        note: "permissions; ambiguous paths are let through (MG1316)",
        proof: "access/consul-http",
    },
    Capability {
        feature: "access.port",
        verdict: Verdict::Refused,
        note: "exact if the rule names every port of the destination, else refused (MG1314)",
        proof: "access/consul-some-ports",
    },
    Capability {
        feature: "access.default",
        verdict: Verdict::Narrowed,
        note: "deny is exact; untargeted services follow the server's default (MG1307)",
        proof: "access/consul-deny",
    },
    Capability {
        feature: "access.tcp",
        verdict: Verdict::Exact,
        note: "no HTTP rule on a TCP service (MG1315)",
        proof: "access/consul-tcp",
    },
    Capability {
        feature: "access.header",
        verdict: Verdict::Exact,
        note: "permissions, an expression over the whole value",
        proof: "access/istio-header-values",
    },
    Capability {
        feature: "access.audit",
        verdict: Verdict::Dropped,
        note: "no intention only tells (MG1317)",
        proof: "access/default-allow",
    },
];

/// Who may call one Consul service; whoever is not named is denied.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    grants: BTreeMap<Caller, Grant>,
    /// What the service must speak, where a rule looks at requests.
    pub(crate) protocol: Option<(Protocol, Origin)>,
    /// The neutral objects behind it.
    pub(crate) sources: BTreeSet<ObjectKey>,
}

/// The entry of a service, or of a name before others; `None` leaves it to the server's default.
/// `chained`: what the splits through it make it speak.
pub(crate) fn entry(
    service: &ServiceKey,
    own: Option<&Chain<'_>>,
    chained: Option<Protocol>,
    view: &View<'_>,
    mesh: &MeshSettings,
    report: &mut Report,
) -> Option<Entry> {
    let destination = destination::of_instances(service, view, mesh);
    let namesakes = names::namesakes(service, mesh, view);
    if !namesakes.is_empty() {
        // A split may name a Service that is not there: what Consul knows by that name is another one, with its own entry.
        if destination.is_none() && view.service(service).is_none() {
            return None;
        }
        return collision(service, destination, &namesakes, view, report);
    }
    if let Some(destination) = destination {
        return closed(&destination, chained, view, mesh, report);
    }
    let object = view.service(service);
    let mut entry: Option<Entry> = None;
    for leaf in behind(service, object.as_deref(), own, view) {
        let Some(destination) = destination::of_instances(&leaf, view, mesh) else { continue };
        let chained = crate::split::demand_of(&leaf, view, mesh);
        if destination.closed && own.is_none() {
            tell_unreached(service, &leaf, &destination, report);
        }
        // What is lost there is told there. Where one of them is open, the name is left to the server as well.
        let mut leaf_entry = closed(&destination, chained, view, mesh, &mut view.report(mesh))?;
        if names::namesake(&leaf, mesh, view).is_some() {
            leaf_entry.grants.clear();
        }
        entry.get_or_insert_default().join(leaf_entry);
    }
    let registered = object.is_some_and(|object| !identity::is_ignored(&object));
    if entry.is_none() && registered && destination::denies_all(mesh) {
        entry = Some(Entry { sources: destination::mesh_object(mesh).into_iter().collect(), ..Entry::default() });
    }
    entry
}

/// A Service without instances of its own, since Consul registers its pods under another name.
fn tell_unreached(service: &ServiceKey, leaf: &ServiceKey, destination: &Destination, report: &mut Report) {
    let Some(target) = destination.targets.first() else { return };
    let message = format!("to Consul the pods of `{service}` are `{leaf}`, so that a call to `{}` reaches nobody", service.name);
    report.lose(Code::MG1329, Verdict::Narrowed, &service.object(), &target.destination.origin, message);
}

/// Services of several namespaces that are one to Consul: nobody is let in, and the first of them writes that.
fn collision(
    service: &ServiceKey,
    destination: Option<Destination>,
    namesakes: &[ServiceKey],
    view: &View<'_>,
    report: &mut Report,
) -> Option<Entry> {
    let other = namesakes.first()?;
    for target in destination.iter().flat_map(|destination| &destination.targets) {
        let message = format!("`{service}` and `{other}` are one service `{}` to Consul", service.name);
        report.lose(Code::MG1302, Verdict::Refused, &target.key, &target.destination.origin, message);
    }
    if namesakes.iter().any(|other| other < service) {
        return None;
    }
    let others = namesakes.iter().map(|other| {
        let mesh = view.target_mesh(&other.namespace);
        (other, mesh.and_then(|mesh| destination::of_instances(other, view, &mesh)))
    });
    let all = std::iter::once((service, destination)).chain(others);
    let (closed, open): (Vec<_>, Vec<_>) = all.partition(|(_, destination)| destination.as_ref().is_some_and(|one| one.closed));
    let closed: Vec<Destination> = closed.into_iter().filter_map(|(_, destination)| destination).collect();
    if let Some(target) = closed.iter().flat_map(|destination| &destination.targets).next() {
        for (one, _) in open {
            let message = format!("nobody may call `{one}` either: to Consul it is the service that this rule is about");
            report.lose(Code::MG1302, Verdict::Narrowed, &one.object(), &target.destination.origin, message);
        }
    }
    let sources: BTreeSet<ObjectKey> = closed.iter().flat_map(|destination| destination.sources.iter().cloned()).collect();
    (!closed.is_empty()).then(|| Entry { sources, ..Entry::default() })
}

/// The services that a name without instances leads to.
fn behind(service: &ServiceKey, object: Option<&Service>, own: Option<&Chain<'_>>, view: &View<'_>) -> BTreeSet<ServiceKey> {
    let destinations = own.into_iter().flat_map(|chain| &chain.rules).flat_map(|rule| positive(rule)).map(|to| to.service.clone());
    let mut found: BTreeSet<ServiceKey> = destinations.collect();
    // A name that selects pods of another service: nothing may open should Consul register them under it.
    let selected = object.filter(|object| !identity::is_ignored(object)).map(|object| view.pods_behind(object)).unwrap_or_default();
    found.extend(selected.iter().filter_map(|pods| identity::service_of(pods, view)).map(|other| other.key.clone()));
    found.remove(service);
    found
}

/// What is allowed at a destination; `None` if nothing closes it.
fn closed(
    destination: &Destination,
    chained: Option<Protocol>,
    view: &View<'_>,
    mesh: &MeshSettings,
    report: &mut Report,
) -> Option<Entry> {
    if !destination.closed {
        return None;
    }
    let mut entry = Entry { sources: destination.sources.clone(), ..Entry::default() };
    if let Some((code, message)) = &destination.refused {
        for target in &destination.targets {
            report.lose(*code, Verdict::Refused, &target.key, &target.destination.origin, message);
        }
        return Some(entry);
    }
    let tcp = match chained {
        Some(protocol) => protocol == Protocol::Tcp,
        None => destination.protocol == Protocol::Tcp,
    };
    let mut ambiguous: Option<(Arc<AccessRule>, Origin)> = None;
    for held in &destination.rules {
        let rule = &held.rule;
        if let Some(port) = held.partial() {
            let message =
                format!("rule `{}` is for some ports of `{}` only, which has {}", rule.name, destination.name, destination.ports());
            report.lose(Code::MG1314, Verdict::Refused, &rule.target.key, port, message);
            continue;
        }
        if rule.matches.is_some() && tcp {
            let message = format!("`{}` speaks TCP: rule `{}` looks at requests", destination.name, rule.name);
            report.lose(Code::MG1315, Verdict::Refused, &rule.target.key, &rule.origin, message);
            continue;
        }
        let allowed = entry.allow(rule, view, mesh, report);
        let Some(matches) = rule.matches.as_deref().filter(|_| allowed) else { continue };
        if let Some(port) = destination.tcp.first() {
            let message =
                format!("Consul knows one port of `{}`: calls to {port} are answered by it, and decided as requests", destination.name);
            report.lose(Code::MG1323, Verdict::Dropped, &rule.target.key, &rule.origin, message);
        }
        entry.protocol.get_or_insert_with(|| (chained.unwrap_or(destination.protocol), rule.origin.clone()));
        let open_end = matches.iter().find(|one| takes_ambiguous(&one.path));
        if let (None, Some(one)) = (&ambiguous, open_end) {
            ambiguous = Some((rule.clone(), one.path_origin.clone().unwrap_or_else(|| one.origin.clone())));
        }
    }
    if let Some((rule, origin)) = ambiguous.filter(|_| entry.compares_paths()) {
        let message = format!("paths with `//` or `%2f` that begin like an allowed one reach `{}`", destination.name);
        // No rule could have admitted such a path (400), so that none is widened by it: it is told, and counted apart.
        report.lose(Code::MG1316, Verdict::Equivalent, &rule.target.key, &origin, message);
    }
    Some(entry)
}

impl Entry {
    /// Adds a rule for every source that can be named; tells whether there is one.
    fn allow(&mut self, rule: &AccessRule, view: &View<'_>, mesh: &MeshSettings, report: &mut Report) -> bool {
        let mut allowed = false;
        for (source, origin) in &rule.sources {
            let callers = match identity::callers(source, mesh, view) {
                Ok(callers) => callers,
                Err((code, message)) => {
                    report.lose(code, Verdict::Refused, &rule.target.key, origin, message);
                    continue;
                }
            };
            for caller in callers {
                allowed = true;
                let grant = self.grants.entry(caller).or_insert_with(|| Grant::new(origin));
                match &rule.matches {
                    None => grant.whole(),
                    Some(matches) => matches.iter().for_each(|one| grant.request(one)),
                }
            }
        }
        allowed
    }

    fn join(&mut self, other: Self) {
        for (caller, grant) in other.grants {
            self.grants.entry(caller).and_modify(|known| known.join(&grant)).or_insert(grant);
        }
        self.protocol = self.protocol.take().or(other.protocol);
        self.sources.extend(other.sources);
    }

    fn compares_paths(&self) -> bool {
        self.grants.values().any(|grant| !grant.permissions().is_empty())
    }

    /// The object's spec, and where its parts come from.
    pub(crate) fn spec(&self, service: &ServiceKey, mesh: &MeshSettings) -> (ServiceIntentionsSpec, Vec<Provenance>) {
        let mut provenance = Vec::new();
        let mut sources = Vec::new();
        for (caller, grant) in &self.grants {
            let index = sources.len();
            provenance.push(Provenance { path: format!(".spec.sources[{index}]"), origin: grant.origin.clone() });
            let mut permissions = Vec::new();
            for (number, (permission, origin)) in grant.permissions().into_iter().enumerate() {
                let path = format!(".spec.sources[{index}].permissions[{number}]");
                provenance.extend(origin.map(|origin| Provenance { path, origin }));
                permissions.push(permission);
            }
            let action = permissions.is_empty().then_some("allow");
            let (name, namespace) = (caller.name.clone(), caller.namespace.clone());
            sources.push(SourceIntention { name, namespace, peer: None, action, permissions });
        }
        sources.extend(denies(mesh));
        let namespace = names::consul_namespace(mesh, &service.namespace);
        (ServiceIntentionsSpec { destination: IntentionDestination { name: service.name.to_string(), namespace }, sources }, provenance)
    }
}

/// Nobody of each peer, as `*` does not cover them, and nobody at all.
pub(crate) fn denies(mesh: &MeshSettings) -> impl Iterator<Item = SourceIntention> {
    let deny = |peer: Option<String>| SourceIntention {
        name: "*".to_owned(),
        namespace: mesh.consul_mirroring.as_ref().map(|_| "*".to_owned()),
        peer,
        action: Some("deny"),
        permissions: Vec::new(),
    };
    mesh.consul_peers.iter().map(move |peer| deny(Some(peer.to_string()))).chain([deny(None)])
}
