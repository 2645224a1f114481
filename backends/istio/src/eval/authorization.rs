//! AuthorizationPolicy: which policies hold for a workload, and what they say together.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use meshglot_translator::eval::ByLabel;

use super::authorization_condition::Question;
use super::authorization_rule::{Place, Rule};
use super::fields::Fields;
use super::mesh_config::MeshConfig;
use super::object::{Object, selects};
use meshglot_translator::eval::maybe::Maybe;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Allow,
    Deny,
    /// Somebody outside decides.
    Custom,
}

/// One object.
#[derive(Debug)]
pub(super) struct Policy {
    title: Arc<str>,
    action: Action,
    selector: BTreeMap<String, String>,
    /// It names what it holds for, which a sidecar never is.
    targeted: bool,
    rules: Vec<Rule>,
    /// It says something that is not known.
    odd: bool,
}

/// All objects that are enforced, by namespace.
#[derive(Debug, Default)]
pub(super) struct Policies(HashMap<Arc<str>, ByLabel<Arc<Policy>>>);

/// The policies of one workload.
#[derive(Debug, Default)]
pub(super) struct Selected {
    deny: Vec<Arc<Policy>>,
    custom: Vec<Arc<Policy>>,
    allow: Vec<Arc<Policy>>,
    /// One may hold here, and nobody knows.
    unknown: Option<Arc<str>>,
}

/// What the policies say, and which one decided; `None`: none holds here.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    Allowed(Option<Arc<str>>),
    Denied(Arc<str>),
    Unknown(Arc<str>),
}

impl Policies {
    /// Reads an object. AUDIT and dry runs change nothing.
    pub(super) fn add(&mut self, object: &Object<'_>, config: &MeshConfig) {
        let mut spec = Fields::of(object.spec);
        let selector = spec.selector("selector", "matchLabels");
        let targets = [spec.value("targetRef").is_some(), !spec.list("targetRefs").is_empty()];
        spec.ignore(&["provider"]);
        let (action, known) = match spec.text("action").unwrap_or("ALLOW") {
            "ALLOW" => (Action::Allow, true),
            "DENY" => (Action::Deny, true),
            "CUSTOM" => (Action::Custom, true),
            "AUDIT" => return,
            _ => (Action::Allow, false),
        };
        let dry_run = object.annotations.get("istio.io/dry-run").copied().unwrap_or("false");
        if matches!(dry_run, "true" | "TRUE" | "True" | "t" | "T" | "1") {
            return;
        }
        let title = object.title();
        let place = Place { namespace: &object.namespace, config };
        let rules = spec.list("rules").iter().enumerate();
        let rules = rules.map(|(at, rule)| Rule::of(rule, &format!("{title} rules[{at}]"), &place)).collect();
        let policy = Policy { title, action, selector, targeted: targets.contains(&true), rules, odd: !known || spec.is_odd() };
        let policy = Arc::new(policy);
        self.0.entry(object.namespace.clone()).or_default().push(policy.selector.first_key_value(), policy.clone());
    }

    /// The policies of a workload: those of its namespace and of the root namespace that select it.
    ///
    /// # Source
    /// Istio `pilot/pkg/model/authorization.go`, `ListAuthorizationPolicies`; `policyattachment.go` for `targetRefs`.
    pub(super) fn select(&self, namespace: &str, labels: &BTreeMap<String, String>, gateway: bool, root: &str) -> Selected {
        let mut selected = Selected::default();
        let namespaces = if namespace == root { vec![root] } else { vec![root, namespace] };
        let policies = namespaces.iter().filter_map(|namespace| self.0.get(*namespace)).flat_map(|here| here.near(labels));
        for policy in policies.filter(|policy| selects(&policy.selector, labels)) {
            if policy.targeted {
                if gateway {
                    selected.unknown = Some(policy.title.clone());
                }
                continue;
            }
            match policy.action {
                Action::Allow => &mut selected.allow,
                Action::Deny => &mut selected.deny,
                Action::Custom => &mut selected.custom,
            }
            .push(policy.clone());
        }
        selected
    }
}

impl Selected {
    /// What the policies say: DENY, then what CUSTOM may refuse, then ALLOW, of which none or one has to match.
    ///
    /// # Source
    /// Istio `pilot/pkg/security/authz/builder`; filters CUSTOM, DENY and ALLOW stand behind each other.
    pub(super) fn rule(&self, question: &Question<'_>) -> Ruling {
        if let Some(title) = &self.unknown {
            return Ruling::Unknown(title.clone());
        }
        let mut unsure = None;
        for rule in self.deny.iter().map(|policy| policy.matching(question)) {
            match rule {
                (Some(true), title) => return Ruling::Denied(title),
                (None, title) => unsure = unsure.or(Some(title)),
                (Some(false), _) => {}
            }
        }
        let asked = self.custom.iter().map(|policy| policy.matching(question)).find(|(matched, _)| *matched != Some(false));
        if let Some(title) = unsure.or(asked.map(|(_, title)| title)) {
            return Ruling::Unknown(title);
        }
        let mut unknown = None;
        let Some(first) = self.allow.first() else { return Ruling::Allowed(None) };
        for rule in self.allow.iter().map(|policy| policy.matching(question)) {
            match rule {
                (Some(true), title) => return Ruling::Allowed(Some(title)),
                (None, title) => unknown = unknown.or(Some(title)),
                (Some(false), _) => {}
            }
        }
        unknown.map_or_else(|| Ruling::Denied(first.title.clone()), Ruling::Unknown)
    }
}

impl Policy {
    /// Whether a rule matches, and which.
    fn matching(&self, question: &Question<'_>) -> (Maybe, Arc<str>) {
        if self.odd {
            return (None, self.title.clone());
        }
        let mut unsure = None;
        for rule in &self.rules {
            match rule.matches(question, self.action) {
                Some(true) => return (Some(true), rule.title.clone()),
                None => unsure = unsure.or(Some(rule.title.clone())),
                Some(false) => {}
            }
        }
        let known = if unsure.is_some() { None } else { Some(false) };
        (known, unsure.unwrap_or_else(|| self.title.clone()))
    }
}
