//! One rule of an AuthorizationPolicy: its sources, operations and conditions, on HTTP and on TCP.

use std::sync::Arc;

use serde_json::Value;

use super::authorization::Action;
use super::authorization_condition::{Attribute, Condition, Question};
use super::fields::Fields;
use super::mesh_config::MeshConfig;
use meshglot_translator::eval::maybe::{Maybe, all, any};

/// A rule: one of its sources and one of its operations have to hold.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) title: Arc<str>,
    sources: Vec<Vec<Condition>>,
    operations: Vec<Vec<Condition>>,
    /// It says something that is not known.
    odd: bool,
}

/// Where a rule stands: decides what short names in it mean.
pub(super) struct Place<'p> {
    pub(super) namespace: &'p str,
    pub(super) config: &'p MeshConfig,
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Source
    /// Istio `pilot/pkg/security/authz/model/model.go`, `New`: `when` joins every source or every operation.
    pub(super) fn of(value: &Value, title: &str, place: &Place<'_>) -> Self {
        let mut rule = Fields::of(Some(value));
        let (operation_whens, source_whens): (Vec<&Value>, Vec<&Value>) = rule.list("when").iter().partition(|when| {
            let key = when["key"].as_str().unwrap_or_default();
            matches!(key, "destination.ip" | "destination.port" | "connection.sni") || key.starts_with("experimental.")
        });
        let sources = alternatives(rule.list("from"), "source", &source_whens, place, source);
        let operations = alternatives(rule.list("to"), "operation", &operation_whens, place, operation);
        let odd = rule.is_odd() || sources.is_none() || operations.is_none();
        Self { title: title.into(), sources: sources.unwrap_or_default(), operations: operations.unwrap_or_default(), odd }
    }

    /// Whether the rule matches.
    pub(super) fn matches(&self, question: &Question<'_>, action: Action) -> Maybe {
        if self.odd {
            return None;
        }
        let http = question.message.is_some();
        let mut conditions = self.sources.iter().chain(&self.operations).flatten();
        // Where HTTP is not looked at, an ALLOW rule is dropped as a whole, whichever part of it is about HTTP ...
        if !http && action == Action::Allow && conditions.any(|condition| condition.of.is_about_http()) {
            return Some(false);
        }
        // ... and any other rule loses those parts only, so that it matches more.
        let part = |condition: &Condition| if http || !condition.of.is_about_http() { condition.holds(question) } else { Some(true) };
        let holds = |side: &[Vec<Condition>]| any(side.iter().map(|parts| all(parts.iter().map(part))));
        all([holds(&self.sources), holds(&self.operations)])
    }
}

/// The items of `from` or `to`, each joined with its conditions; an absent or empty list is one item without any.
/// `None`: something is not known.
fn alternatives(
    items: &[Value],
    inner: &'static str,
    whens: &[&Value],
    place: &Place<'_>,
    read: fn(&mut Fields<'_>, &Place<'_>) -> Vec<Condition>,
) -> Option<Vec<Vec<Condition>>> {
    let one = |item: Option<&Value>| {
        let mut outer = Fields::of(item);
        let mut fields = outer.inner(inner);
        let mut conditions = read(&mut fields, place);
        for value in whens {
            conditions.push(when(value, place)?);
        }
        conditions.retain(|condition| !condition.is_empty());
        (!outer.is_odd() && !fields.is_odd()).then_some(conditions)
    };
    if items.is_empty() { Some(vec![one(None)?]) } else { items.iter().map(|item| one(Some(item))).collect() }
}

fn source(fields: &mut Fields<'_>, place: &Place<'_>) -> Vec<Condition> {
    let mut pair = |of: Attribute, wanted: &'static str, unwanted: &'static str| {
        let (wanted, unwanted) = (fields.texts(wanted), fields.texts(unwanted));
        Condition::of(of, &wanted, &unwanted, place)
    };
    vec![
        pair(Attribute::Principal, "principals", "notPrincipals"),
        pair(Attribute::Namespace, "namespaces", "notNamespaces"),
        pair(Attribute::ServiceAccount, "serviceAccounts", "notServiceAccounts"),
        pair(Attribute::Token, "requestPrincipals", "notRequestPrincipals"),
        pair(Attribute::Unknown, "ipBlocks", "notIpBlocks"),
        pair(Attribute::Unknown, "remoteIpBlocks", "notRemoteIpBlocks"),
    ]
}

fn operation(fields: &mut Fields<'_>, place: &Place<'_>) -> Vec<Condition> {
    let mut pair = |of: Attribute, wanted: &'static str, unwanted: &'static str| {
        let (wanted, unwanted) = (fields.texts(wanted), fields.texts(unwanted));
        Condition::of(of, &wanted, &unwanted, place)
    };
    vec![
        pair(Attribute::Host, "hosts", "notHosts"),
        pair(Attribute::Method, "methods", "notMethods"),
        pair(Attribute::Path, "paths", "notPaths"),
        pair(Attribute::Port, "ports", "notPorts"),
    ]
}

/// A condition by its key; `None`: something is not known.
fn when(value: &Value, place: &Place<'_>) -> Option<Condition> {
    let mut fields = Fields::of(Some(value));
    let key = fields.text("key")?;
    let (wanted, unwanted) = (fields.texts("values"), fields.texts("notValues"));
    let of = match key {
        "source.principal" => Attribute::Principal,
        "source.namespace" => Attribute::Namespace,
        "source.serviceAccount" => Attribute::ServiceAccount,
        "destination.port" => Attribute::Port,
        "request.auth.principal" | "request.auth.audiences" | "request.auth.presenter" => Attribute::Token,
        "source.ip" | "remote.ip" | "destination.ip" | "connection.sni" => Attribute::Unknown,
        _ if key.starts_with("request.auth.claims[") => Attribute::Token,
        _ if key.starts_with("experimental.envoy.filters.") => Attribute::Unknown,
        _ => Attribute::Header(key.strip_prefix("request.headers[")?.strip_suffix(']')?.to_ascii_lowercase()),
    };
    (!fields.is_odd()).then(|| Condition::of(of, &wanted, &unwanted, place))
}
