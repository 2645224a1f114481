//! RBAC: rule sets of filters on requests and on connections.

use std::sync::Arc;

use envoy_types::pb::envoy::config::rbac::v3 as pb;
use envoy_types::pb::envoy::extensions::filters::http::rbac::v3 as requests;
use envoy_types::pb::envoy::extensions::filters::network::rbac::v3 as connections;
use envoy_types::pb::envoy::r#type::matcher::v3 as matcher;

use super::address;
use super::at::{At, open};
use super::known::{Known, named, short};
use super::matching;
use super::refusal::Refusal;
use super::sorted::sorted;
use super::value;
use crate::table::{AccessRules, PathMatch, Permission, Policy, Principal, Rbac, Verdict};

/// What rules can look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Requests,
    Connections,
}

/// The filter of requests.
pub(super) fn of_requests(at: &At<'_>, message: requests::Rbac, known: &mut Known<'_>) -> Result<Rbac, Refusal> {
    open!(at, message => requests::Rbac { rules, rules_stat_prefix, shadow_rules, shadow_rules_stat_prefix }
        unset { matcher, shadow_matcher, track_per_rule_stats });
    Ok(Rbac {
        rules: rules.map(|it| self::rules(&at.field("rules"), it, On::Requests, known)).transpose()?,
        shadow: shadow_rules.map(|it| self::rules(&at.field("shadow_rules"), it, On::Requests, known)).transpose()?,
        prefix: prefix(at, "rules_stat_prefix", &rules_stat_prefix)?,
        shadow_prefix: prefix(at, "shadow_rules_stat_prefix", &shadow_rules_stat_prefix)?,
    })
}

/// What a route says to a filter of requests; without rules it lets everything pass.
pub(super) fn of_route(at: &At<'_>, message: requests::RbacPerRoute, known: &mut Known<'_>) -> Result<Rbac, Refusal> {
    let requests::RbacPerRoute { rbac } = message;
    rbac.map(|rbac| of_requests(&at.field("rbac"), rbac, known)).transpose().map(Option::unwrap_or_default)
}

/// The filter of connections.
pub(super) fn of_connections(at: &At<'_>, message: connections::Rbac, known: &mut Known<'_>) -> Result<Rbac, Refusal> {
    open!(at, message => connections::Rbac { rules, shadow_rules, shadow_rules_stat_prefix, stat_prefix }
        unset { matcher, shadow_matcher, enforcement_type, delay_deny });
    // What counters are called: this proxy has none of them.
    named(&at.field("stat_prefix"), &stat_prefix)?;
    Ok(Rbac {
        rules: rules.map(|it| self::rules(&at.field("rules"), it, On::Connections, known)).transpose()?,
        shadow: shadow_rules.map(|it| self::rules(&at.field("shadow_rules"), it, On::Connections, known)).transpose()?,
        prefix: Box::default(),
        shadow_prefix: prefix(at, "shadow_rules_stat_prefix", &shadow_rules_stat_prefix)?,
    })
}

fn prefix(at: &At<'_>, field: &str, text: &str) -> Result<Box<str>, Refusal> {
    short(&at.field(field), text).map(|text| text.as_ref().into())
}

fn rules(at: &At<'_>, message: pb::Rbac, on: On, known: &mut Known<'_>) -> Result<Arc<AccessRules>, Refusal> {
    open!(at, message => pb::Rbac { action, policies } unset { audit_logging_options });
    let action = match pb::rbac::Action::try_from(action) {
        Ok(pb::rbac::Action::Allow) => Verdict::Allow,
        Ok(pb::rbac::Action::Deny) => Verdict::Deny,
        Ok(pb::rbac::Action::Log) | Err(_) => return Err(at.field("action").refuse("is neither ALLOW nor DENY")),
    };
    let path = at.field("policies");
    let policies = sorted(policies).into_iter().map(|(key, policy)| self::policy(&path.key(&key), &key, policy, on, known));
    Ok(Arc::new(AccessRules { action, policies: policies.collect::<Result<_, _>>()? }))
}

fn policy(at: &At<'_>, key: &str, message: pb::Policy, on: On, known: &mut Known<'_>) -> Result<Policy, Refusal> {
    open!(at, message => pb::Policy { permissions, principals } unset { condition, checked_condition, cel_config });
    Ok(Policy {
        key: named(at, key)?,
        permissions: each(&at.field("permissions"), permissions, |at, one| permission(at, one, on, known))?,
        principals: each(&at.field("principals"), principals, |at, one| principal(at, one, known))?,
    })
}

/// A list of conditions. Envoy refuses one that is empty.
fn each<T, C>(at: &At<'_>, list: Vec<T>, mut read: impl FnMut(&At<'_>, T) -> Result<C, Refusal>) -> Result<Vec<C>, Refusal> {
    if list.is_empty() {
        return Err(at.refuse("is empty"));
    }
    list.into_iter().enumerate().map(|(index, one)| read(&at.index(index), one)).collect()
}

fn permission(at: &At<'_>, message: pb::Permission, on: On, known: &mut Known<'_>) -> Result<Permission, Refusal> {
    use pb::permission::Rule;
    at.shallow()?;
    let pb::Permission { rule } = message;
    let mut set = |field: &str, set: pb::permission::Set| {
        let at = at.field(field);
        let pb::permission::Set { rules } = set;
        each(&at.field("rules"), rules, |at, one| permission(at, one, on, known))
    };
    match rule {
        Some(Rule::Any(true)) => Ok(Permission::Any),
        Some(Rule::Any(false)) => Err(at.field("any").refuse("has to be true")),
        Some(Rule::AndRules(rules)) => set("and_rules", rules).map(Permission::And),
        Some(Rule::OrRules(rules)) => set("or_rules", rules).map(Permission::Or),
        Some(Rule::NotRule(rule)) => permission(&at.field("not_rule"), *rule, on, known).map(|rule| Permission::Not(Box::new(rule))),
        Some(Rule::Header(_) | Rule::UrlPath(_)) if on == On::Connections => {
            Err(at.refuse("looks at requests, and there are connections alone"))
        }
        Some(Rule::Header(header)) => matching::header(&at.field("header"), header, known).map(Permission::Header),
        Some(Rule::UrlPath(path)) => self::path(&at.field("url_path"), path, known).map(Permission::Path),
        Some(Rule::DestinationPort(port)) => value::port(&at.field("destination_port"), port).map(Permission::Port),
        Some(Rule::DestinationIp(_)) => Err(at.unread("destination_ip")),
        Some(Rule::DestinationPortRange(_)) => Err(at.unread("destination_port_range")),
        Some(Rule::Metadata(_)) => Err(at.unread("metadata")),
        Some(Rule::RequestedServerName(_)) => Err(at.unread("requested_server_name")),
        Some(Rule::Matcher(_)) => Err(at.unread("matcher")),
        Some(Rule::UriTemplate(_)) => Err(at.unread("uri_template")),
        Some(Rule::SourcedMetadata(_)) => Err(at.unread("sourced_metadata")),
        None => Err(at.refuse("holds no condition")),
    }
}

fn path(at: &At<'_>, message: matcher::PathMatcher, known: &mut Known<'_>) -> Result<PathMatch, Refusal> {
    let matcher::PathMatcher { rule } = message;
    let rule = rule.map(|matcher::path_matcher::Rule::Path(path)| path);
    matching::path(&at.field("path"), at.needed("path", rule)?, known)
}

fn principal(at: &At<'_>, message: pb::Principal, known: &mut Known<'_>) -> Result<Principal, Refusal> {
    use pb::principal::Identifier;
    at.shallow()?;
    let pb::Principal { identifier } = message;
    let mut set = |field: &str, set: pb::principal::Set| {
        let at = at.field(field);
        let pb::principal::Set { ids } = set;
        each(&at.field("ids"), ids, |at, one| principal(at, one, known))
    };
    match identifier {
        Some(Identifier::Any(true)) => Ok(Principal::Any),
        Some(Identifier::Any(false)) => Err(at.field("any").refuse("has to be true")),
        Some(Identifier::AndIds(ids)) => set("and_ids", ids).map(Principal::And),
        Some(Identifier::OrIds(ids)) => set("or_ids", ids).map(Principal::Or),
        Some(Identifier::NotId(id)) => principal(&at.field("not_id"), *id, known).map(|id| Principal::Not(Box::new(id))),
        Some(Identifier::Authenticated(pb::principal::Authenticated { principal_name })) => {
            let at = &at.field("authenticated");
            // Without a name it would be every certificate that the roots vouch for.
            matching::text(&at.field("principal_name"), at.needed("principal_name", principal_name)?, known).map(Principal::Id)
        }
        Some(Identifier::DirectRemoteIp(range)) => address::prefix(&at.field("direct_remote_ip"), range).map(Principal::Address),
        Some(Identifier::SourceIp(_)) => Err(at.unread("source_ip")),
        Some(Identifier::RemoteIp(_)) => Err(at.unread("remote_ip")),
        Some(Identifier::Header(_)) => Err(at.unread("header")),
        Some(Identifier::UrlPath(_)) => Err(at.unread("url_path")),
        Some(Identifier::Metadata(_)) => Err(at.unread("metadata")),
        Some(Identifier::FilterState(_)) => Err(at.unread("filter_state")),
        Some(Identifier::SourcedMetadata(_)) => Err(at.unread("sourced_metadata")),
        Some(Identifier::Custom(_)) => Err(at.unread("custom")),
        None => Err(at.refuse("holds no condition")),
    }
}
