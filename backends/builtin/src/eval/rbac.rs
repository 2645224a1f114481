//! Envoy's RBAC: policies of permissions and principals, the same for requests and for connections.
//!
//! Source: <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/rbac/v3/rbac.proto>

use std::collections::BTreeMap;

use meshglot_translator::eval::asked::Part;
use serde_json::Value;

use super::fields::{Fields, Read, all, any};
use super::identity::Peer;
use super::matcher::{HeaderMatch, Message, Patterns, Text};

/// The configuration of one RBAC filter.
#[derive(Debug)]
pub(super) struct Rbac {
    /// `None`: nothing is enforced.
    rules: Option<Rules>,
}

#[derive(Debug)]
struct Rules {
    deny: bool,
    /// In the order in which they are tried.
    policies: BTreeMap<String, Read<Policy>>,
}

#[derive(Debug)]
struct Policy {
    permissions: Vec<Condition>,
    principals: Vec<Condition>,
}

/// A permission or a principal.
#[derive(Debug)]
enum Condition {
    Any,
    All(Vec<Condition>),
    OneOf(Vec<Condition>),
    Not(Box<Condition>),
    Header(HeaderMatch),
    Path(Text),
    Port(u16),
    /// Without a name: whoever has a certificate.
    Identity(Option<Text>),
}

/// What is decided about.
#[derive(Clone, Copy)]
pub(super) struct Subject<'r> {
    /// `None` for connections.
    pub(super) message: Option<&'r Message<'r>>,
    pub(super) peer: &'r Peer,
    /// The port that was called.
    pub(super) port: u16,
}

/// What the filter does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It goes on; by the policy of this key, if one was needed.
    Pass(Option<String>),
    /// It ends, by a policy or for want of one.
    Refuse(Option<String>),
}

impl Rbac {
    /// Reads the fields of an `RBAC` message, of the HTTP or the network filter.
    pub(super) fn new(mut fields: Fields<'_>, patterns: &mut Patterns) -> Read<Self> {
        // Shadow rules are told in the log and enforce nothing.
        fields.skip(&["stat_prefix", "shadow_rules", "shadow_rules_stat_prefix", "rules_stat_prefix", "enforcement_type"]);
        let rules = match fields.take("rules") {
            Value::Null => None,
            rules => Some(Rules::new(rules, patterns)?),
        };
        fields.done()?;
        Ok(Self { rules })
    }

    /// What becomes of this one.
    pub(super) fn decide(&self, subject: Subject<'_>) -> Read<Ruling> {
        let Some(rules) = &self.rules else { return Ok(Ruling::Pass(None)) };
        let mut unread = None;
        for (key, policy) in &rules.policies {
            match policy.as_ref().map_err(Clone::clone).and_then(|policy| policy.matches(subject)) {
                Ok(true) if rules.deny => return Ok(Ruling::Refuse(Some(key.clone()))),
                Ok(true) => return Ok(Ruling::Pass(Some(key.clone()))),
                Ok(false) => {}
                Err(why) => unread = Some(format!("{key}: {why}")),
            }
        }
        match unread {
            Some(why) => Err(why),
            None if rules.deny => Ok(Ruling::Pass(None)),
            None => Ok(Ruling::Refuse(None)),
        }
    }
}

impl Rules {
    fn new(rules: &Value, patterns: &mut Patterns) -> Read<Self> {
        let mut fields = Fields::of(rules)?;
        let deny = match fields.text("action")? {
            "" | "ALLOW" => false,
            "DENY" => true,
            other => return Err(format!("action {other} is not modelled")),
        };
        let policies = fields.map("policies")?.into_iter().map(|(key, policy)| (key.to_owned(), Policy::new(policy, patterns))).collect();
        fields.done()?;
        Ok(Self { deny, policies })
    }
}

impl Policy {
    fn new(policy: &Value, patterns: &mut Patterns) -> Read<Self> {
        let mut fields = Fields::of(policy)?;
        let permissions = Condition::list(fields.list("permissions")?, patterns)?;
        let principals = Condition::list(fields.list("principals")?, patterns)?;
        fields.done()?;
        Ok(Self { permissions, principals })
    }

    fn matches(&self, subject: Subject<'_>) -> Read<bool> {
        let some = |list: &[Condition]| any(list.iter().map(|one| one.holds(subject)));
        all([some(&self.permissions), some(&self.principals)])
    }
}

impl Condition {
    fn new(value: &Value, patterns: &mut Patterns) -> Read<Self> {
        let (kind, value) = Fields::of(value)?.one_of()?;
        match kind {
            "any" if value == true => Ok(Self::Any),
            "and_rules" | "and_ids" => Self::set(kind, value, patterns).map(Self::All),
            "or_rules" | "or_ids" => Self::set(kind, value, patterns).map(Self::OneOf),
            "not_rule" | "not_id" => Ok(Self::Not(Box::new(Self::new(value, patterns)?))),
            "header" => HeaderMatch::new(value, patterns).map(Self::Header),
            "url_path" => {
                let mut fields = Fields::of(value)?;
                let path = Text::new(fields.take("path"), patterns).map(Self::Path);
                fields.done()?;
                path
            }
            "destination_port" => {
                let port = value.as_u64().and_then(|port| u16::try_from(port).ok());
                port.map(Self::Port).ok_or_else(|| format!("{value} is no port"))
            }
            "authenticated" => {
                let mut fields = Fields::of(value)?;
                let name = match fields.take("principal_name") {
                    Value::Null => None,
                    matcher => Some(Text::new(matcher, patterns)?),
                };
                fields.done()?;
                Ok(Self::Identity(name))
            }
            _ => Err(format!("condition {kind} is not modelled")),
        }
    }

    /// Envoy refuses an empty list.
    fn list(list: &[Value], patterns: &mut Patterns) -> Read<Vec<Self>> {
        if list.is_empty() {
            return Err("a list of conditions is empty".to_owned());
        }
        list.iter().map(|one| Self::new(one, patterns)).collect()
    }

    fn set(kind: &str, value: &Value, patterns: &mut Patterns) -> Read<Vec<Self>> {
        let mut fields = Fields::of(value)?;
        let list = fields.list(if kind.ends_with("ids") { "ids" } else { "rules" })?;
        fields.done()?;
        Self::list(list, patterns)
    }

    fn holds(&self, subject: Subject<'_>) -> Read<bool> {
        match self {
            Self::Any => Ok(true),
            Self::All(list) => all(list.iter().map(|one| one.holds(subject))),
            Self::OneOf(list) => any(list.iter().map(|one| one.holds(subject))),
            Self::Not(one) => one.holds(subject).map(|holds| !holds),
            Self::Header(header) => match subject.message {
                Some(message) => header.matches(message),
                None => Err("Envoy refuses conditions on headers in rules about connections".to_owned()),
            },
            // A connection has no path.
            Self::Path(path) => subject.message.map_or(Ok(false), |message| path.matches(|| Some(Part::Path), message.path_alone())),
            Self::Port(port) => Ok(*port == subject.port),
            Self::Identity(None) => Ok(subject.peer.has_certificate()),
            Self::Identity(Some(name)) => subject.peer.is(|id| name.matches(|| None, id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    fn decide(rbac: &Value, who: Option<&str>) -> Option<Ruling> {
        let rbac = Fields::of(rbac).and_then(|fields| Rbac::new(fields, &mut Patterns::default())).ok()?;
        let peer = who.map_or_else(Peer::nobody, |who| Peer::of(vec![format!("spiffe://td/ns/shop/sa/{who}")]));
        let message = Message { method: "GET", path: "/a?b".to_owned(), headers: &[] };
        rbac.decide(Subject { message: Some(&message), peer: &peer, port: 8080 }).ok()
    }

    fn policy(permission: Value) -> Value {
        let web = json!({ "authenticated": { "principal_name": { "exact": "spiffe://td/ns/shop/sa/web" } } });
        json!({ "permissions": [permission], "principals": [web] })
    }

    fn by(key: &str) -> Option<String> {
        Some(key.to_owned())
    }

    #[test_case(json!({}), Some(Ruling::Pass(None)) ; "no rules enforce nothing")]
    #[test_case(json!({ "rules": {} }), Some(Ruling::Refuse(None)) ; "rules without policies refuse everybody")]
    #[test_case(json!({ "shadow_rules": {} }), Some(Ruling::Pass(None)) ; "shadow rules enforce nothing")]
    #[test_case(json!({ "rules": { "action": "LOG" } }), None ; "action that is not modelled")]
    #[test_case(json!({ "matcher": {} }), None ; "field that is not modelled")]
    fn filter(rbac: Value, want: Option<Ruling>) {
        assert_eq!(decide(&rbac, Some("web")), want);
    }

    #[test_case(json!({ "any": true }), "web", Some(Ruling::Pass(by("p"))) ; "named")]
    #[test_case(json!({ "any": true }), "other", Some(Ruling::Refuse(None)) ; "not named")]
    #[test_case(json!({ "url_path": { "path": { "exact": "/a" } } }), "web", Some(Ruling::Pass(by("p"))) ; "path without query")]
    #[test_case(json!({ "destination_port": 80 }), "web", Some(Ruling::Refuse(None)) ; "other port")]
    #[test_case(json!({ "metadata": {} }), "web", None ; "condition that is not modelled")]
    #[test_case(json!({ "not_rule": { "any": true } }), "web", Some(Ruling::Refuse(None)) ; "not")]
    fn allow(permission: Value, who: &str, want: Option<Ruling>) {
        assert_eq!(decide(&json!({ "rules": { "policies": { "p": policy(permission) } } }), Some(who)), want);
    }

    #[test]
    fn deny_and_order() {
        let any = || policy(json!({ "any": true }));
        let deny = json!({ "rules": { "action": "DENY", "policies": { "b": any(), "a": any() } } });
        assert_eq!(decide(&deny, Some("web")), Some(Ruling::Refuse(by("a"))));
        assert_eq!(decide(&deny, None), Some(Ruling::Pass(None)), "a caller without certificate has no name");
        let known = json!({ "rules": { "policies": { "a": { "condition": {} }, "b": any() } } });
        assert_eq!(decide(&known, Some("web")), Some(Ruling::Pass(by("b"))), "one that allows is enough");
    }
}
