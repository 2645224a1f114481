//! HTTPRoute, GRPCRoute, TLSRoute and TCPRoute as Linkerd reads them, for both halves.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value;

use super::annotation::{Wait, retries_are_read};
use super::filter::{Defect, Filter};
use super::host::HostMatch;
use super::matching::{GrpcMatch, HttpMatch, Match, PathMatch, ValueMatch};
use super::object::{Age, GATEWAY, Object, POLICY, items, port, refers, text};

/// Kinds of routes; where a port has several, the first is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Family {
    Grpc,
    Http,
    Tls,
    Tcp,
}

/// What a route is attached to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Parent {
    Service { namespace: Arc<str>, name: Arc<str>, port: Option<u16> },
    Server { namespace: Arc<str>, name: Arc<str> },
}

/// A route.
#[derive(Debug)]
pub(super) struct Route {
    pub family: Family,
    pub group: Arc<str>,
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    pub age: Age,
    /// `KIND/NAMESPACE/NAME`.
    pub label: Arc<str>,
    pub hosts: Vec<HostMatch>,
    pub rules: Vec<Rule>,
    pub parents: Vec<Parent>,
    /// Why it is not there for callers.
    pub outbound: Option<Defect>,
    /// Why it is not there on Servers.
    pub inbound: Option<Defect>,
}

/// One rule; without matches it takes everything.
#[derive(Debug, Default)]
pub(super) struct Rule {
    pub matches: Vec<Match>,
    pub filters: Vec<Filter>,
    pub backends: Vec<Backend>,
    pub wait: Wait,
}

/// One `backendRef`.
#[derive(Debug)]
pub(super) struct Backend {
    /// `None`: the parent's, not the route's.
    pub namespace: Option<Arc<str>>,
    pub name: Arc<str>,
    /// `None` if it is no Service, or without a port: it answers 500.
    pub port: Option<u16>,
    pub weight: u64,
    pub filters: Result<Vec<Filter>, Defect>,
}

impl Family {
    /// The family of a kind; of TCPRoute and TLSRoute any version, since the API server serves the one that the
    /// controller asks for.
    pub(super) fn of(group: &str, kind: &str) -> Option<Self> {
        match (group, kind) {
            (GATEWAY | POLICY, "HTTPRoute") => Some(Self::Http),
            (GATEWAY, "GRPCRoute") => Some(Self::Grpc),
            (GATEWAY, "TLSRoute") => Some(Self::Tls),
            (GATEWAY, "TCPRoute") => Some(Self::Tcp),
            _ => None,
        }
    }
}

impl Route {
    pub(super) fn read(object: &Object<'_>, family: Family) -> Self {
        let spec = object.spec();
        let wait = Wait::read(|name| object.annotation(name));
        let rules = rules(spec, object.group, family, wait);
        // A rule that cannot be read takes the whole route away, on both sides.
        let defect = rules.as_ref().err().copied();
        let annotations = retries_are_read(family, |name| object.annotation(name)) && wait.is_some();
        let (parents, strays) = parents(object);
        Self {
            family,
            group: object.group.into(),
            namespace: object.namespace.into(),
            name: object.name.into(),
            age: object.age(),
            label: object.label(),
            hosts: items(spec, "hostnames").iter().filter_map(Value::as_str).map(HostMatch::read).collect(),
            rules: rules.unwrap_or_default(),
            parents,
            outbound: defect.max((!annotations).then_some(Defect::Ignored)),
            inbound: defect.max(strays.then_some(Defect::Ignored)),
        }
    }
}

/// The parents that Linkerd knows, and whether one is a Server that the route may not name: one in another
/// namespace, or with a port or section.
///
/// Source: linkerd2 `policy-controller/k8s/index/src/inbound/routes.rs`; the CRDs fill in group and kind.
fn parents(object: &Object<'_>) -> (Vec<Parent>, bool) {
    let mut strays = false;
    let parents = items(object.spec(), "parentRefs").iter().filter_map(|parent| {
        let namespace = text(parent, "namespace").unwrap_or(object.namespace);
        let name: Arc<str> = text(parent, "name")?.into();
        if refers(parent, object.group, "", "Service") {
            return Some(Parent::Service { namespace: namespace.into(), name, port: port(parent, "port") });
        }
        if !refers(parent, object.group, POLICY, "Server") {
            return None;
        }
        let has = |field| parent.get(field).is_some_and(|value| !value.is_null());
        strays |= namespace != object.namespace || has("port") || has("sectionName");
        Some(Parent::Server { namespace: namespace.into(), name })
    });
    (parents.collect(), strays)
}

fn rules(spec: &Value, group: &str, family: Family, wait: Option<Wait>) -> Result<Vec<Rule>, Defect> {
    let written = items(spec, "rules");
    match family {
        Family::Tcp | Family::Tls if written.len() != 1 => return Err(Defect::Ignored),
        // The CRD fills in a rule that takes everything.
        Family::Http if spec.get("rules").is_none() => return Ok(vec![Rule { wait: wait.unwrap_or_default(), ..Rule::default() }]),
        _ => {}
    }
    let rule = |rule: &Value| {
        Ok(Rule {
            matches: items(rule, "matches").iter().map(|value| read_match(value, family)).collect::<Result<_, _>>()?,
            filters: Filter::read(items(rule, "filters"), group)?,
            backends: items(rule, "backendRefs").iter().map(|value| backend(value, group)).collect(),
            wait: wait.unwrap_or_default().or_of_rule(text(&rule["timeouts"], "request")),
        })
    };
    written.iter().map(rule).collect()
}

fn read_match(value: &Value, family: Family) -> Result<Match, Defect> {
    let headers = values(items(value, "headers"))?;
    if family == Family::Grpc {
        let method = value.get("method").filter(|method| !method.is_null());
        // Without it the controller sends a match that the proxy refuses; what it then does is not known.
        let method = method.ok_or(Defect::Unread)?;
        if text(method, "type") == Some("RegularExpression") {
            return Err(Defect::Ignored);
        }
        let word = |field| text(method, field).filter(|word| !word.is_empty()).map(str::to_owned);
        return Ok(Match::Grpc(GrpcMatch { service: word("service"), method: word("method"), headers }));
    }
    let path = value.get("path").filter(|path| !path.is_null()).map(path).transpose()?;
    let method = text(value, "method").map(str::to_owned);
    Ok(Match::Http(HttpMatch { path, headers, query: values(items(value, "queryParams"))?, method }))
}

fn path(path: &Value) -> Result<PathMatch, Defect> {
    let value = text(path, "value").unwrap_or("/");
    let absolute = || value.starts_with('/').then(|| value.to_owned()).ok_or(Defect::Ignored);
    match text(path, "type").unwrap_or("PathPrefix") {
        "Exact" => absolute().map(PathMatch::Exact),
        "PathPrefix" => absolute().map(PathMatch::Prefix),
        "RegularExpression" => regex(value).map(PathMatch::Regex),
        _ => Err(Defect::Unread),
    }
}

fn values(list: &[Value]) -> Result<Vec<(String, ValueMatch)>, Defect> {
    let entry = |entry: &Value| {
        let (Some(name), Some(value)) = (text(entry, "name"), text(entry, "value")) else { return Err(Defect::Unread) };
        let value = match text(entry, "type").unwrap_or("Exact") {
            "Exact" => ValueMatch::Exact(value.to_owned()),
            "RegularExpression" => ValueMatch::Regex(regex(value)?),
            _ => return Err(Defect::Unread),
        };
        Ok((name.to_owned(), value))
    };
    list.iter().map(entry).collect()
}

/// Compiled expressions to keep: routes share few, and compiling takes longer than all else.
const KEPT: usize = 4096;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Option<Regex>>> = RefCell::default();
}

/// The controller compiles it with the same crate; the webhook refuses what it cannot compile.
fn regex(pattern: &str) -> Result<Regex, Defect> {
    COMPILED.with_borrow_mut(|compiled| {
        if compiled.len() > KEPT {
            compiled.clear();
        }
        let compiled = compiled.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
        compiled.clone().ok_or(Defect::Ignored)
    })
}

fn backend(value: &Value, group: &str) -> Backend {
    let service = value.get("kind").is_none_or(Value::is_null) || refers(value, "", "", "Service");
    let core = text(value, "group").is_none_or(|group| group.is_empty() || group.eq_ignore_ascii_case("core"));
    Backend {
        namespace: text(value, "namespace").map(Arc::from),
        name: text(value, "name").unwrap_or_default().into(),
        port: port(value, "port").filter(|_| service && core),
        weight: value.get("weight").and_then(Value::as_u64).unwrap_or(1),
        filters: Filter::read(items(value, "filters"), group),
    }
}
