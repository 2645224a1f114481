//! Who may call a workload, on Istio: one `AuthorizationPolicy` per workload, chosen by its labels.
//!
//! An ALLOW policy closes all that its rules do not name, also one without rules. On TCP a rule is skipped whole as
//! soon as a part of it looks at requests: such a rule allows nothing there, and never shares its place with one that
//! names ports alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{AccessDefault, HttpMatch, Kind, MeshSettings, ObjectKey, Protocol, WorkloadAccess, WorkloadRule};
use meshglot_translator::name;
use meshglot_translator::render::{Capability, ObjectId, Owner, RenderedObject, Report, Verdict};
use meshglot_translator::resolve::View;
use serde_json::json;

use crate::access_draft::{Draft, Drafts, callers};
use crate::header_rule::header_rule;
use crate::path_rule::{PathOperation, PathRule, Unsaid, path_rule};
use crate::resource::authorization_policy::{AuthorizationPolicySpec, Condition, Operation, Selector};

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability {
        feature: "access.identity",
        verdict: Verdict::Exact,
        note: "principals; labels that pick pods of another account are refused (MG1106)",
        proof: "access/istio-two-targets",
    },
    Capability { feature: "access.port", verdict: Verdict::Exact, note: "the ports of the pods", proof: "access/istio-tcp-ports" },
    Capability {
        feature: "access.path",
        verdict: Verdict::Narrowed,
        note: "exact, prefix, suffix and templates; no regex (MG1103, MG1104)",
        proof: "access/istio-methods-and-paths",
    },
    Capability {
        feature: "access.header",
        verdict: Verdict::Narrowed,
        note: "a whole value, its beginning or its end (MG1105)",
        proof: "access/istio-headers",
    },
    Capability { feature: "access.tcp", verdict: Verdict::Exact, note: "by port", proof: "access/istio-tcp-ports" },
    Capability { feature: "access.default", verdict: Verdict::Exact, note: "", proof: "access/istio-default-deny" },
    Capability { feature: "access.audit", verdict: Verdict::Exact, note: "action AUDIT", proof: "access/istio-audit" },
];

/// The CRD takes no more rules.
const MOST_RULES: usize = 512;
/// Alternatives of one match, each of which is a rule.
const MOST_WAYS: usize = 64;

/// The policy of a workload; `None` if it stays open and nothing is to be told.
pub(crate) fn authorization_policy(
    access: &WorkloadAccess,
    mesh: &MeshSettings,
    view: &View<'_>,
    report: &mut Report,
) -> Option<RenderedObject> {
    if !access.closed && !access.audit {
        return None;
    }
    let mut writer = Writer { access, mesh, report, drafts: Drafts::default(), linted: BTreeSet::new() };
    match shared(access, mesh, view) {
        // What is refused allows nothing, and its destination is closed all the same.
        Some(why) => {
            writer.refuse_all(&why);
            if access.closed {
                writer.closed_too(view);
            }
        }
        None => access.rules.iter().for_each(|rule| writer.rule(rule)),
    }
    let drafts = writer.limited();
    if access.audit && drafts.is_empty() {
        return None;
    }
    let (action, word) = if access.audit { ("AUDIT", "audit") } else { ("ALLOW", "allow") };
    let (rules, provenance) = drafts.into_iter().enumerate().map(|(index, draft)| draft.write(index)).unzip::<_, _, Vec<_>, Vec<_>>();
    let labels = &access.workload.selector;
    // Pods without labels are chosen by no selector: with none, the whole namespace is closed.
    let selector = (!labels.is_empty()).then(|| Selector { match_labels: labels.clone() });
    let spec = AuthorizationPolicySpec { action: Some(action), selector, rules };
    let object =
        object(mesh, &access.workload.key.namespace, policy_name(word, &access.workload.key, view), &spec, &access.sources, report);
    Some(object.from(provenance.into_iter().flatten().collect()))
}

/// Closes a namespace of a Mesh whose default is deny, also for pods that nobody told of.
pub(crate) fn default_deny(namespace: &Arc<str>, mesh: &MeshSettings, report: &Report) -> Option<RenderedObject> {
    // In Istio's root namespace it would hold for every namespace, whatever Mesh that is on.
    let is_meant = mesh.access_default == AccessDefault::Deny && *namespace != mesh.istio_root_namespace;
    let spec = AuthorizationPolicySpec::default();
    is_meant.then(|| object(mesh, namespace, name::object_name(&["meshglot"], "default-deny", &[]), &spec, &[], report))
}

fn object(
    mesh: &MeshSettings,
    namespace: &Arc<str>,
    name: String,
    spec: &AuthorizationPolicySpec,
    sources: &[ObjectKey],
    report: &Report,
) -> RenderedObject {
    let id =
        ObjectId { api_version: "security.istio.io/v1".into(), kind: "AuthorizationPolicy".into(), namespace: namespace.to_string(), name };
    let labels: Vec<(&'static str, String)> = mesh.istio_revision.iter().map(|revision| ("istio.io/rev", revision.to_string())).collect();
    let mut sources = sources.to_vec();
    if mesh.access_default == AccessDefault::Deny {
        sources.push(ObjectKey { kind: Kind::Mesh, namespace: "".into(), name: mesh.name.clone() });
        sources.sort();
    }
    RenderedObject::new(id, json!(spec), Owner { mesh, backend: "istio", sources: &sources, labels: &labels }, report)
}

/// `meshglot-allow-WORKLOAD`; with the kind, and so with a hash, where another kind has a workload of this name.
fn policy_name(word: &str, workload: &ObjectKey, view: &View<'_>) -> String {
    let other =
        |kind: &Kind| *kind != workload.kind && kind.runs_pods() && view.pods(&ObjectKey { kind: *kind, ..workload.clone() }).is_some();
    if Kind::ALL.iter().any(other) {
        let kind = workload.kind.name().to_lowercase();
        return name::object_name(&[&format!("meshglot-{word}"), &kind], &workload.name, &[]);
    }
    name::object_name(&["meshglot", word], &workload.name, &[])
}

/// Why a policy with the labels of this workload would hold for others too, for which its rules are not meant.
fn shared(access: &WorkloadAccess, mesh: &MeshSettings, view: &View<'_>) -> Option<String> {
    let WorkloadAccess { workload, rules, .. } = access;
    if workload.key.namespace == mesh.istio_root_namespace {
        return Some(format!(
            "`{}` is Istio's root namespace: a policy there closes pods with these labels in every namespace",
            workload.key.namespace
        ));
    }
    if workload.selector.is_empty() {
        return Some(format!(
            "the pods of {} have no labels by which a policy could choose them, so that their namespace is closed",
            workload.key
        ));
    }
    let on_ports = |rules: &[WorkloadRule]| -> Vec<_> { rules.iter().map(|rule| (rule.every_port, rule.ports.clone())).collect() };
    for other in view.pods_labelled(&workload.key.namespace, &workload.selector) {
        if other.key == workload.key {
            continue;
        }
        let labels = format!("the labels of {} also choose {}", workload.key, other.key);
        if other.service_account != workload.service_account {
            return Some(format!("{labels}, which runs as ServiceAccount `{}`", other.service_account));
        }
        // One account has the same rules, but a Service's port may lead elsewhere in the other.
        let limited = rules.iter().any(|rule| !rule.every_port);
        if limited && view.access(&other).is_none_or(|other| on_ports(&other.rules) != on_ports(rules)) {
            return Some(format!("{labels}, where the rules hold on other ports"));
        }
    }
    None
}

struct Writer<'a> {
    access: &'a WorkloadAccess,
    mesh: &'a MeshSettings,
    report: &'a mut Report,
    drafts: Drafts,
    /// Targets of which it has been told that their paths have other spellings.
    linted: BTreeSet<ObjectKey>,
}

impl Writer<'_> {
    fn refuse_all(&mut self, why: &str) {
        let mut told = BTreeSet::new();
        for rule in self.access.rules.iter().map(|rule| &rule.rule).filter(|rule| told.insert(&rule.target.key)) {
            let message = format!("`{}` allows nothing: {why}", rule.target.key.name);
            self.report.lose(Code::MG1106, Verdict::Refused, &rule.target.key, &rule.target.destination.origin, message);
        }
    }

    /// Tells those who are closed beside the workload, for whom nobody wrote a rule.
    fn closed_too(&mut self, view: &View<'_>) {
        let workload = &self.access.workload;
        let account = view.account_access(&self.access.account);
        let Some(target) = account.targets.first() else { return };
        let mut tell = |object: ObjectKey, what: String| {
            let message = format!("{what} closed too, since nothing tells {} apart", workload.key);
            self.report.lose(Code::MG1106, Verdict::Narrowed, &object, &target.destination.origin, message);
        };
        if workload.key.namespace == self.mesh.istio_root_namespace {
            let mesh = ObjectKey { kind: Kind::Mesh, namespace: "".into(), name: self.mesh.name.clone() };
            return tell(mesh, "pods with these labels in every namespace are".to_owned());
        }
        if workload.selector.is_empty() {
            let namespace = ObjectKey { kind: Kind::Namespace, namespace: "".into(), name: workload.key.namespace.clone() };
            return tell(namespace, format!("every workload of namespace `{}` is", workload.key.namespace));
        }
        for other in view.pods_labelled(&workload.key.namespace, &workload.selector) {
            if other.key != workload.key && view.access(&other).is_none_or(|access| !access.closed) {
                tell(other.key.clone(), format!("{} is", other.key));
            }
        }
    }

    fn rule(&mut self, one: &WorkloadRule) {
        let WorkloadRule { rule, ports, every_port } = one;
        let mut draft = Draft {
            callers: callers(&rule.sources, self.mesh),
            http: rule.matches.is_some(),
            when: Vec::new(),
            to: None,
            origins: vec![(rule.target.key.clone(), rule.origin.clone())],
        };
        if draft.callers.is_empty() {
            return;
        }
        let Some(matches) = &rule.matches else {
            let place = rule.ports.iter().flatten().map(|(_, origin)| origin).next().unwrap_or(&rule.origin);
            if !every_port {
                if ports.is_empty() {
                    return;
                }
                draft.to = Some(vec![(Operation { ports: words(ports), ..Operation::default() }, place.clone())]);
            }
            self.drafts.add(draft);
            return;
        };
        let speaks_http = |number: &u16| self.access.ports.iter().all(|port| port.number != *number || port.protocol != Protocol::Tcp);
        let on: Vec<u16> = ports.iter().copied().filter(speaks_http).collect();
        if on.is_empty() && !(*every_port && ports.is_empty()) {
            let message = format!(
                "rule `{}` of `{}` allows nothing: every port that it holds on speaks TCP, where there are no requests",
                rule.name, rule.target.key.name
            );
            self.report.lose(Code::MG1102, Verdict::Refused, &rule.target.key, &rule.origin, message);
            return;
        }
        let on = if *every_port { Vec::new() } else { words(&on) };
        for one in matches {
            for (when, operation) in self.ways(&rule.target.key, one) {
                let mut operation = Operation { ports: on.clone(), ..operation };
                if when.is_empty() && operation == (Operation { ports: on.clone(), ..Operation::default() }) {
                    // Without a word on requests the rule would hold for TCP too.
                    operation.paths = vec!["/*".to_owned()];
                }
                let place = one.path_origin.as_ref().unwrap_or(&one.origin).clone();
                let to = (operation != Operation::default()).then(|| vec![(operation, place)]);
                self.drafts.add(Draft { when, to, ..draft.clone() });
            }
        }
    }

    /// Conditions and operation for each way in which a request can meet a match; none if one part of it cannot be
    /// said, or only too widely.
    fn ways(&mut self, target: &ObjectKey, one: &HttpMatch) -> Vec<(Vec<Condition>, Operation)> {
        let HttpMatch { name, path, methods, headers, origin, path_origin } = one;
        let place = path_origin.as_ref().unwrap_or(origin);
        let said = path_rule(path, self.mesh.istio_pseudo_headers);
        if let Err(Unsaid { code, why }) = &said {
            let message = format!("match `{name}` of `{}` allows nothing: Istio cannot say its path: {why}", target.name);
            self.report.lose(*code, Verdict::Refused, target, place, message);
        }
        let mut conditions: Vec<Vec<Condition>> = vec![Vec::new()];
        for header in headers {
            let ways = header_rule(header);
            match ways {
                Ok(ways) => {
                    let with = |known: &Vec<Condition>| ways.iter().map(|way| [known.clone(), way.clone()].concat()).collect::<Vec<_>>();
                    conditions = conditions.iter().flat_map(with).take(MOST_WAYS + 1).collect();
                }
                Err(why) => {
                    let message = format!("match `{name}` of `{}` allows nothing: header `{}`: {why}", target.name, header.name);
                    let loss = self.report.lose(Code::MG1105, Verdict::Refused, target, &header.origin, message);
                    loss.help = Some("use literals, or route by it: `TrafficSplit.spec.matches` takes every header regex".to_owned());
                    conditions.clear();
                }
            }
        }
        let Ok(PathRule { operations, narrowed, open }) = said else { return Vec::new() };
        if conditions.len() * operations.len() > MOST_WAYS {
            let message = format!("match `{name}` of `{}` allows nothing: it takes more than {MOST_WAYS} rules", target.name);
            self.report.lose(Code::MG1127, Verdict::Refused, target, origin, message);
            return Vec::new();
        }
        if conditions.is_empty() {
            return Vec::new();
        }
        if narrowed {
            let message = format!("match `{name}` of `{}` takes whole segments, and none with `[` or `]` in it", target.name);
            self.report.lose(Code::MG1104, Verdict::Narrowed, target, place, message);
        }
        if open && self.linted.insert(target.clone()) {
            let message =
                format!("paths of `{}` count in other spellings too: Istio leaves `//`, `%2f` and `%5c` to the application", target.name);
            self.report.lose(Code::MG1110, Verdict::Equivalent, target, place, message);
        }
        let methods: Vec<String> = methods.iter().map(|method| method.word().to_owned()).collect();
        let with = |when: Vec<Condition>| operations.iter().map(move |path| (when.clone(), path)).collect::<Vec<_>>();
        let way = |(mut when, path): (Vec<Condition>, &PathOperation)| {
            let PathOperation { paths, not_paths, begins } = path.clone();
            when.extend(begins.map(|text| Condition { key: "request.headers[:path]".into(), values: vec![text], not_values: Vec::new() }));
            (when, Operation { methods: methods.clone(), not_paths, paths, ports: Vec::new() })
        };
        conditions.into_iter().flat_map(with).map(way).collect()
    }

    /// The rules, as many as the CRD takes.
    fn limited(self) -> Vec<Draft> {
        let mut drafts = self.drafts.joined();
        for (target, origin) in drafts.split_off(drafts.len().min(MOST_RULES)).into_iter().flat_map(|draft| draft.origins) {
            let message = format!("a rule of `{}` allows nothing: one policy takes {MOST_RULES} rules", target.name);
            self.report.lose(Code::MG1127, Verdict::Refused, &target, &origin, message);
        }
        drafts
    }
}

fn words(ports: &[u16]) -> Vec<String> {
    ports.iter().map(u16::to_string).collect()
}
