//! ServiceIntentions, as the RBAC filter of an instance's proxy enforces them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{Fields, Read};
use super::message::Message;
use super::permission::Action;

/// Any source, or any destination.
const ANY: &str = "*";

/// The `sources` of one ServiceIntentions.
#[derive(Debug)]
pub(super) struct Intention {
    /// A service, or `*`.
    source: String,
    action: Action,
    jwt: bool,
    /// How the vendor's object calls it.
    rule: String,
}

/// What the proxy of an instance is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    /// And the intention or permission that said so; `None`: the server's default.
    Allow(Option<String>),
    Deny(Option<String>),
    /// What decides is not modelled.
    Unknown(String),
}

/// All intentions, by destination.
pub(super) struct Intentions {
    by_destination: BTreeMap<String, Read<Vec<Intention>>>,
    /// What no intention decides; `None`: not told.
    default_allow: Option<bool>,
}

/// The sources of a `ServiceIntentions.spec`, by precedence.
pub(super) fn read(spec: &Value) -> Read<Vec<Intention>> {
    let destination = spec["destination"]["name"].as_str().unwrap_or_default();
    let mut fields = Fields::of(spec)?;
    let mut about = Fields::of(fields.take("destination"))?;
    exact_or_any(about.text("name")?)?;
    about.local()?;
    about.done()?;
    let jwt = !fields.take("jwt").is_null();
    let list = fields.list("sources")?;
    fields.done()?;
    if list.is_empty() {
        return Err("the server refuses intentions without a source".to_owned());
    }
    let mut found: Vec<Intention> = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let rule = format!("ServiceIntentions/{destination} sources[{index}]");
        let Some(intention) = source(value, jwt, rule).map_err(|why| format!("sources[{index}]: {why}"))? else { continue };
        if destination == ANY && matches!(intention.action, Action::Permissions(_)) {
            return Err("the server refuses permissions for every destination".to_owned());
        }
        if found.iter().any(|other| other.source == intention.source) {
            return Err(format!("the server refuses the source {:?} twice", intention.source));
        }
        found.push(intention);
    }
    // Precedence: an exact source before `*`.
    found.sort_by(|a, b| (a.source == ANY, &a.source).cmp(&(b.source == ANY, &b.source)));
    Ok(found)
}

/// One source; `None` for one of another cluster, which no caller here is.
fn source(value: &Value, jwt: bool, rule: String) -> Read<Option<Intention>> {
    let mut fields = Fields::of(value)?;
    let source = fields.text("name")?.to_owned();
    exact_or_any(&source)?;
    let peer = fields.text("peer")?;
    let action = Action::read(&mut fields)?;
    fields.local()?;
    fields.skip(&["description"]);
    fields.done()?;
    Ok(peer.is_empty().then_some(Intention { source, action, jwt, rule }))
}

fn exact_or_any(name: &str) -> Read<()> {
    if name.is_empty() || (name != ANY && name.contains('*')) { Err(format!("the server refuses the name {name:?}")) } else { Ok(()) }
}

impl Intentions {
    pub(super) fn new(by_destination: BTreeMap<String, Read<Vec<Intention>>>, default_allow: Option<bool>) -> Self {
        Self { by_destination, default_allow }
    }

    /// Whether the proxy of `destination` lets `source` in; `message` is what it reads of the request, `None` on
    /// a service that does not speak HTTP.
    pub(super) fn decide(&self, source: &str, destination: &str, message: Option<&Message<'_>>) -> Access {
        let of = |name: &str| self.by_destination.get(name).map_or(Ok(&[][..]), |read| read.as_deref());
        let (own, any) = match (of(destination), of(ANY)) {
            (Ok(own), Ok(any)) => (own, any),
            (Err(why), _) => return Access::Unknown(format!("ServiceIntentions/{destination}: {why}")),
            (_, Err(why)) => return Access::Unknown(format!("ServiceIntentions/*: {why}")),
        };
        let decide = |default_allow| filter(source, own, any, message, default_allow);
        match self.default_allow {
            Some(default_allow) => decide(default_allow),
            None => match (decide(true), decide(false)) {
                (open, closed) if open == closed => open,
                _ => Access::Unknown("the server's default_intention_policy is not told".to_owned()),
            },
        }
    }
}

/// Envoy gets one filter: under default allow it lists what is denied, under default deny what is allowed. A
/// policy of it covers one source; a source `*` leaves out the exact sources *before* it in the order of
/// precedence, and nothing else. So `*` to this service (precedence 8) does not keep out what an exact source to
/// every destination (6) adds to the list.
///
/// # Source
/// Consul `makeRBACRules`, `removeSameSourceIntentions`, `removeSourcePrecedence`, `removePermissionPrecedence`
/// (`agent/xds/rbac.go`).
fn filter(source: &str, own: &[Intention], any: &[Intention], message: Option<&Message<'_>>, default_allow: bool) -> Access {
    let shadowed = |intention: &Intention| own.iter().any(|other| other.source == intention.source);
    let listed = own.iter().chain(any.iter().filter(|intention| !shadowed(intention)));
    let mut exact_before = false;
    let mut unknown = None;
    let mut agreeing = None;
    for intention in listed {
        if intention.source == source {
            exact_before = true;
        } else if intention.source != ANY || exact_before {
            continue;
        }
        match intention.says(message) {
            Says::Unknown(why) => unknown = unknown.or(Some(why)),
            Says::Action(allow, rule) if allow == default_allow => agreeing = agreeing.or(Some(rule)),
            Says::Action(true, rule) => return Access::Allow(Some(rule)),
            Says::Action(false, rule) => return Access::Deny(Some(rule)),
            Says::Nothing => {}
        }
    }
    match unknown {
        Some(why) => Access::Unknown(why),
        None if default_allow => Access::Allow(agreeing),
        None => Access::Deny(agreeing),
    }
}

enum Says {
    Action(bool, String),
    /// No permission matches.
    Nothing,
    Unknown(String),
}

impl Intention {
    fn says(&self, message: Option<&Message<'_>>) -> Says {
        if self.jwt {
            return Says::Unknown(format!("{}: jwt is not modelled", self.rule));
        }
        match (&self.action, message) {
            (Action::Allow, _) => Says::Action(true, self.rule.clone()),
            (Action::Deny, _) => Says::Action(false, self.rule.clone()),
            // The server refuses it; what is left over from an HTTP service would deny.
            (Action::Permissions(_), None) => Says::Unknown(format!("{}: permissions on a service that is not HTTP", self.rule)),
            (Action::Permissions(permissions), Some(message)) => {
                for (index, permission) in permissions.iter().enumerate() {
                    let rule = || format!("{}.permissions[{index}]", self.rule);
                    match permission.matches(message) {
                        Some(true) => return Says::Action(permission.allow, rule()),
                        Some(false) => {}
                        None if permission.jwt => return Says::Unknown(format!("{}: jwt is not modelled", rule())),
                        None => return Says::Unknown(format!("{}: what the proxy sees is not known", rule())),
                    }
                }
                Says::Nothing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::borrow::Cow;
    use test_case::test_case;

    fn decide(entries: &[Value], default_allow: bool, path: &str) -> Access {
        let read = entries.iter().map(|entry| (entry["destination"]["name"].as_str().unwrap_or_default().to_owned(), read(entry)));
        let message = Message { method: "GET", target: path.into(), headers: Cow::Owned(Vec::new()), unsure: false };
        Intentions::new(read.collect(), Some(default_allow)).decide("web", "api", Some(&message))
    }

    fn entry(destination: &str, sources: Value) -> Value {
        json!({"destination": {"name": destination}, "sources": sources})
    }

    fn action(source: &str, action: &str) -> Value {
        json!({"name": source, "action": action})
    }

    #[test_case(&[], true, true ; "default")]
    #[test_case(&[entry("api", json!([action("*", "deny"), action("web", "allow")]))], true, true ; "an exact source before any")]
    #[test_case(&[entry("*", json!([action("web", "deny")])), entry("api", json!([action("web", "allow")]))], true, true ; "an exact destination before any")]
    #[test_case(&[entry("*", json!([action("web", "allow")])), entry("api", json!([action("*", "deny")]))], true, false ; "deny list keeps the denial of all")]
    #[test_case(&[entry("*", json!([action("web", "allow")])), entry("api", json!([action("*", "deny")]))], false, true ; "allow list keeps the grant to every destination")]
    #[test_case(&[entry("*", json!([action("web", "deny")])), entry("api", json!([action("*", "allow")]))], true, false ; "deny list keeps the denial at every destination")]
    fn order(entries: &[Value], default_allow: bool, want: bool) {
        let got = decide(entries, default_allow, "/");
        assert!(if want { matches!(got, Access::Allow(_)) } else { matches!(got, Access::Deny(_)) }, "{got:?}");
    }

    #[test_case("/p/secret", false, Access::Deny(Some("ServiceIntentions/api sources[0].permissions[0]".into())) ; "first")]
    #[test_case("/p/x", false, Access::Allow(Some("ServiceIntentions/api sources[0].permissions[1]".into())) ; "second")]
    #[test_case("/x", false, Access::Deny(None) ; "unmatched is the default, not the entry of all")]
    #[test_case("/x", true, Access::Allow(None) ; "unmatched under default allow")]
    #[test_case("/jwt", true, Access::Unknown("ServiceIntentions/api sources[0].permissions[2]: jwt is not modelled".into()) ; "token")]
    fn permissions(path: &str, default_allow: bool, want: Access) {
        let permissions = json!([
            {"action": "deny", "http": {"pathPrefix": "/p/secret"}},
            {"action": "allow", "http": {"pathPrefix": "/p"}},
            {"action": "deny", "http": {"pathPrefix": "/jwt"}, "jwt": {"providers": [{"name": "p"}]}},
        ]);
        let sources = json!([{"name": "web", "permissions": permissions}, action("*", if default_allow { "deny" } else { "allow" })]);
        assert_eq!(decide(&[entry("api", sources)], default_allow, path), want);
    }

    #[test_case(json!([{"name": "web", "action": "allow", "samenessGroup": "g"}]) ; "sameness group")]
    #[test_case(json!([{"name": "we*", "action": "allow"}]) ; "half a wildcard")]
    #[test_case(json!([{"name": "web", "permissions": [{"action": "allow", "http": {}}]}]) ; "empty permission")]
    #[test_case(json!([{"name": "web", "action": "allow"}, {"name": "web", "action": "deny"}]) ; "a source twice")]
    fn not_modelled(sources: Value) {
        assert!(matches!(decide(&[entry("api", sources)], true, "/"), Access::Unknown(_)));
    }
}
