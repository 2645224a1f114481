//! TrafficTargets of one account to its allow rules (smi.md, A1 to A12). Nothing is ever widened by a mistake:
//! what cannot be resolved allows nothing, and its destination is closed all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::routes::http_match;
use super::view::View;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::{
    AccessRule, AccountAccess, AccountKey, HttpMatch, Identity, Kind, MeshSettings, ObjectKey, RuleKind, Subject, SubjectKind, TargetRule,
    TrafficTarget,
};
use crate::parse::Origin;

/// Resolves everything that the targets of an account refer to.
pub(super) fn resolve(account: &AccountKey, view: &View<'_>) -> AccountAccess {
    let mut resolver = Resolver { view, diagnostics: Vec::new() };
    let mut targets = view.targets_of(account);
    targets.retain(|target| resolver.is_granted(target, account));
    let workloads = view.workloads_of(account);
    let mesh = view.mesh_of(&account.namespace);
    let mut rules = Vec::new();
    for target in &targets {
        let Some(mesh) = &mesh else { continue };
        // Where the platform enforces it the account's name is the service's; other meshes know workloads alone.
        let named = mesh.consul_acls && mesh.backend.as_deref().is_none_or(|backend| backend == "consul");
        if workloads.is_empty() {
            let message =
                format!("NOT PROTECTED: no workload runs as ServiceAccount `{}` of namespace `{}`", account.name, account.namespace);
            let diagnostic = Diagnostic::at_origin(Code::MG0502, target.destination.origin.clone(), message);
            let help = if named {
                "give the manifests of the workloads with another -f: Consul alone closes an account by its name"
            } else {
                "give the manifests of the workloads with another -f"
            };
            resolver.say(target, diagnostic.help(help).except(named.then_some("consul")));
        }
        rules.extend(resolver.rules(target, mesh).into_iter().map(Arc::new));
    }
    AccountAccess { account: account.clone(), targets, rules, workloads, diagnostics: resolver.diagnostics }
}

/// Whether a target that stands in `own` may be about an account: another namespace is closed or opened only with
/// its own consent.
pub(super) fn is_granted(own: &Arc<str>, account: &AccountKey, view: &View<'_>) -> bool {
    if *own == account.namespace {
        return true;
    }
    let lets_in = |(group, kind, namespace): &(Arc<str>, Arc<str>, Arc<str>)| {
        &**group == "access.smi-spec.io" && &**kind == "TrafficTarget" && namespace == own
    };
    let to =
        |(kind, name): &(Arc<str>, Option<Arc<str>>)| &**kind == "ServiceAccount" && name.as_ref().is_none_or(|name| *name == account.name);
    view.grants_in(&account.namespace).iter().any(|grant| grant.from.iter().any(lets_in) && grant.to.iter().any(to))
}

struct Resolver<'a, 'm> {
    view: &'a View<'m>,
    diagnostics: Vec<Diagnostic>,
}

impl Resolver<'_, '_> {
    fn say(&mut self, target: &TrafficTarget, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic.about(&target.key));
    }

    /// Tells it where a target is not.
    fn is_granted(&mut self, target: &Arc<TrafficTarget>, account: &AccountKey) -> bool {
        let granted = is_granted(&target.key.namespace, account, self.view);
        if !granted {
            let (own, other) = (&target.key.namespace, &account.namespace);
            let message =
                format!("ServiceAccount `{}` belongs to namespace `{other}`, this target stands in `{own}`", target.destination.name);
            let diagnostic = Diagnostic::at_origin(Code::MG0104, target.destination.origin.clone(), message);
            self.say(target, diagnostic.help(format!("move the target into namespace `{other}`, or write a ReferenceGrant there")));
        }
        granted
    }

    fn rules(&mut self, target: &Arc<TrafficTarget>, mesh: &MeshSettings) -> Vec<AccessRule> {
        let mut from = BTreeSet::from([target.key.clone()]);
        let sources = self.sources(target, mesh, &mut from);
        let Some(ports) = self.ports(target, &mut from) else { return Vec::new() };
        if sources.is_empty() {
            return Vec::new();
        }
        let groups: Vec<&TargetRule> = target.rules.iter().filter(|rule| rule.kind == RuleKind::HttpRouteGroup).collect();
        let mut names: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        let mut name = |rule: &TargetRule| {
            let count = names.entry(rule.name.clone()).or_insert(0);
            *count += 1;
            if *count == 1 { rule.name.to_string() } else { format!("{}-{count}", rule.name) }
        };
        let rule = |name: String, origin: &Origin, matches: Option<Vec<Arc<HttpMatch>>>, from: BTreeSet<ObjectKey>| AccessRule {
            target: target.clone(),
            name,
            origin: origin.clone(),
            sources: sources.clone(),
            ports: ports.clone(),
            matches,
            from: from.into_iter().collect(),
        };
        if groups.is_empty() {
            // A9: ports alone allow whatever is said on them.
            let first = target.rules.iter().find(|rule| rule.kind == RuleKind::TcpRoute);
            return first.map(|first| rule(name(first), &first.origin, None, from)).into_iter().collect();
        }
        let mut rules = Vec::new();
        for group in groups {
            let mut from = from.clone();
            let matches = self.matches(target, group, mesh, &mut from);
            // A rule that lost all its matches must not become one for every request.
            if !matches.is_empty() {
                rules.push(rule(name(group), &group.origin, Some(matches), from));
            }
        }
        rules
    }

    fn sources(&mut self, target: &Arc<TrafficTarget>, mesh: &MeshSettings, from: &mut BTreeSet<ObjectKey>) -> Vec<(Identity, Origin)> {
        let mut found: BTreeMap<Identity, Origin> = BTreeMap::new();
        for source in &target.sources {
            let mut identities = self.identities(target, source, from);
            let is_account = |identity: &Identity| matches!(identity, Identity::Account(_));
            if identities.iter().any(is_account) && !self.view.is_in_trust_domain(&source.namespace, &mesh.trust_domain) {
                self.tell_foreign(target, source, mesh);
                identities.retain(|identity| !is_account(identity));
            }
            for identity in identities {
                found.entry(identity).or_insert_with(|| source.origin.clone());
            }
        }
        found.into_iter().collect()
    }

    /// Accounts of a namespace are in the trust domain of its Mesh: in another one somebody else may have their names.
    fn tell_foreign(&mut self, target: &TrafficTarget, source: &Subject, mesh: &MeshSettings) {
        let (kind, Subject { name, namespace, .. }) = (source.kind.word(), source);
        let (whose, help) = match self.view.mesh_of(namespace) {
            Some(other) => (
                format!("is of trust domain `{}`, the destination of `{}`", other.trust_domain, mesh.trust_domain),
                "declare one `Mesh.spec.trustDomain` for both; a mesh that is made to trust the other's root takes its ID in an IdentityBinding",
            ),
            None => {
                ("is in no Mesh, and its accounts in no trust domain".to_owned(), "select the namespace in a Mesh of this trust domain")
            }
        };
        let message = format!("namespace `{namespace}` {whose}: {kind} `{name}` stands for no account");
        self.say(target, Diagnostic::at_origin(Code::MG0115, source.origin.clone(), message).help(help));
    }

    fn identities(&mut self, target: &Arc<TrafficTarget>, source: &Subject, from: &mut BTreeSet<ObjectKey>) -> Vec<Identity> {
        let account = |name: &Arc<str>| AccountKey { namespace: source.namespace.clone(), name: name.clone() };
        if source.kind == SubjectKind::ServiceAccount {
            return vec![Identity::Account(account(&source.name))];
        }
        let Some(binding) = self.view.binding(&source.namespace, &source.name) else {
            let message =
                format!("IdentityBinding `{}` is not in namespace `{}`, or not valid: it allows nobody", source.name, source.namespace);
            self.say(target, Diagnostic::at_origin(Code::MG0101, source.origin.clone(), message));
            return Vec::new();
        };
        from.insert(binding.key.clone());
        let mut identities: Vec<Identity> = binding.spiffe_ids.iter().cloned().map(Identity::Spiffe).collect();
        identities.extend(binding.service_account.iter().map(|name| Identity::Account(account(name))));
        if let Some(labels) = &binding.pod_labels {
            match self.view.accounts_of_pods(&source.namespace, labels) {
                Some(accounts) => identities.extend(accounts.into_iter().map(Identity::Account)),
                None => {
                    let message = "these labels do not pick whole ServiceAccounts: other pods have the same identity";
                    self.say(target, Diagnostic::at_origin(Code::MG0110, binding.origin.clone(), message));
                }
            }
        }
        identities
    }

    /// A9, A10: TCPRoutes and the port of the destination narrow every rule. `None` if they leave nothing.
    fn ports(&mut self, target: &Arc<TrafficTarget>, from: &mut BTreeSet<ObjectKey>) -> Option<Option<Vec<(u16, Origin)>>> {
        let namespace = &target.key.namespace;
        let mut ports: Option<BTreeMap<u16, Origin>> = None;
        let mut every = false;
        let mut lost = false;
        for rule in target.rules.iter().filter(|rule| rule.kind != RuleKind::HttpRouteGroup) {
            if rule.kind == RuleKind::UdpRoute {
                let message = "UDP is carried by no mesh: this rule allows nothing and protects nothing";
                let help = "take it out: what stands beside it allows nothing either, unless a TCPRoute names its ports";
                // Not only useless, as the route itself: whoever wrote it counts on it.
                let diagnostic = Diagnostic::at_origin(Code::MG0114, rule.origin.clone(), message).level(Severity::Error);
                self.say(target, if target.rules.len() > 1 { diagnostic.help(help) } else { diagnostic });
                lost = true;
                continue;
            }
            match self.view.tcp_route(namespace, &rule.name) {
                Some(route) => {
                    every |= route.ports.is_empty();
                    ports.get_or_insert_default().extend(route.ports.iter().cloned());
                    from.insert(route.key.clone());
                }
                None => {
                    let message =
                        format!("TCPRoute `{}` is not in namespace `{namespace}`, or not valid: this rule allows nothing", rule.name);
                    self.say(target, Diagnostic::at_origin(Code::MG0101, rule.origin.clone(), message));
                    lost = true;
                }
            }
        }
        let ports = match ports {
            Some(_) if every => None,
            Some(ports) => Some(ports),
            // The route that was to narrow the others is not there: they must not stand without it.
            None if lost => return None,
            None => None,
        };
        let ports = match (&target.port, ports) {
            (None, ports) => ports,
            (Some((port, origin)), None) => Some([(*port, origin.clone())].into()),
            (Some((port, origin)), Some(ports)) if ports.contains_key(port) => Some([(*port, origin.clone())].into()),
            (Some((port, origin)), Some(ports)) => {
                let message = format!("port {port} is in no TCPRoute of this target, and a call needs both: it allows nothing");
                let diagnostic = Diagnostic::at_origin(Code::MG0006, origin.clone(), message);
                let other = ports.values().next().cloned();
                self.say(target, other.into_iter().fold(diagnostic, |one, place| one.also_at(place, "the ports of the route")));
                return None;
            }
        };
        Some(ports.map(|ports| ports.into_iter().collect()))
    }

    /// A6, A7: all matches of a group or those that are named; an unknown name allows nothing.
    fn matches(
        &mut self,
        target: &Arc<TrafficTarget>,
        rule: &TargetRule,
        mesh: &MeshSettings,
        from: &mut BTreeSet<ObjectKey>,
    ) -> Vec<Arc<HttpMatch>> {
        let namespace = &target.key.namespace;
        let Some(group) = self.view.group(namespace, &rule.name) else {
            let key = ObjectKey { kind: Kind::HttpRouteGroup, namespace: namespace.clone(), name: rule.name.clone() };
            let what = if self.view.is_written(&key) { "is not valid".to_owned() } else { format!("is not in namespace `{namespace}`") };
            let message = format!("HTTPRouteGroup `{}` {what}: this rule allows nothing", rule.name);
            self.say(target, Diagnostic::at_origin(Code::MG0101, rule.origin.clone(), message));
            return Vec::new();
        };
        from.insert(group.key.clone());
        let known = |name: &Arc<str>| group.matches.iter().any(|one| one.name == *name);
        for (name, origin) in rule.matches.iter().filter(|(name, _)| !known(name)) {
            let message = format!("HTTPRouteGroup `{}` has no match `{name}`: it allows nothing", rule.name);
            let names = group.matches.iter().map(|one| &*one.name);
            self.say(target, Diagnostic::at_origin(Code::MG0102, origin.clone(), message).did_you_mean(name, names));
        }
        let wanted = |name: &Arc<str>| rule.matches.is_empty() || rule.matches.iter().any(|(wanted, _)| wanted == name);
        let mut read = Vec::new();
        for one in group.matches.iter().filter(|one| wanted(&one.name)) {
            match http_match(one, mesh) {
                Ok(one) => read.push(one),
                Err(diagnostic) => self.say(target, diagnostic.level(Severity::Warning)),
            }
        }
        read
    }
}
