//! `/ns/NAMESPACE/services/NAME`: one Service: who may call it, whom it may call, where its calls go, what meshes get.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use meshglot_translator::answer::{AllowanceAnswer, Answer, PartyAnswer};
use meshglot_translator::effect::{Allowance, Column, Entrance, Entrances, Party};
use meshglot_translator::eval::Fraction;
use meshglot_translator::ir::{AccountKey, ObjectKey, Rule, Service, ServiceKey};
use meshglot_translator::resolve::View;
use schemars::JsonSchema;
use serde::Serialize;

use super::ServiceAnswer;
use super::seen::{self, ServiceSeen};
use crate::format::Format;
use crate::graph::Inline;
use crate::map::Observed;
use crate::pages::{Section, topology};
use crate::parts::call::CallFields;
use crate::parts::chrome::Chrome;
use crate::parts::rate::percent;
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::Reply;
use crate::snapshot::Made;
use crate::visit::Visit;

/// One Service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServicePage {
    /// In short.
    service: ServiceAnswer,
    /// Who runs behind it.
    workloads: Vec<WorkloadAnswer>,
    /// Who may call it, port by port.
    callers: Vec<PeerAnswer>,
    /// Closed Services whose rules name those who run behind it, port by port.
    callees: Vec<PeerAnswer>,
    /// Where its calls go, port by port, in the order in which rules are tried.
    routes: Vec<RouteAnswer>,
    /// Policy that is about it, `KIND/NAMESPACE/NAME`.
    policies: Vec<String>,
    /// Objects that meshes get for that policy.
    rendered: Vec<RenderedFor>,
    /// What was seen of it; absent where no mesh runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<ServiceSeen>,
}

impl Answer for ServicePage {
    const KIND: &'static str = "Service";
}

/// Pods that share one template.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkloadAnswer {
    /// `KIND/NAMESPACE/NAME`.
    object: String,
    /// The ServiceAccount it runs as.
    service_account: String,
    /// Whether only what rules list is let in.
    closed: bool,
}

/// A caller and a port of a Service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PeerAnswer {
    /// Who calls.
    caller: PartyAnswer,
    /// Who is called, `NAMESPACE/NAME`.
    service: String,
    /// On which port.
    port: u16,
    /// What the policy lets in.
    #[serde(flatten)]
    allowed: AllowanceAnswer,
}

/// A rule of a split.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RouteAnswer {
    /// The port that is called.
    port: u16,
    /// The split that it comes from, `KIND/NAMESPACE/NAME`.
    split: String,
    /// Whether it takes every call that reaches it.
    every: bool,
    /// Names of the matches of which one must take a call.
    matches: Vec<String>,
    /// Who gets which share.
    destinations: Vec<DestinationAnswer>,
}

/// A Service that gets a share.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DestinationAnswer {
    /// `NAMESPACE/NAME`.
    service: String,
    /// Which share, exactly: `9/10`.
    share: String,
    /// Whether the Service is known.
    known: bool,
    /// Which part of the calls it has answered, from 0 to 1. Absent unless enough were seen, of a rule that takes all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<f64>,
}

/// How many objects a mesh gets.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RenderedFor {
    /// The mesh.
    backend: &'static str,
    /// `kind.group/namespace/name`, in the order of writing.
    objects: Vec<String>,
}

#[derive(Template)]
#[template(path = "pages/services/service.html")]
struct Page<'p> {
    chrome: Chrome,
    badge: Badge,
    page: &'p ServicePage,
    callers: Vec<Peer<'p>>,
    callees: Vec<Peer<'p>>,
    routes: Vec<(&'p RouteAnswer, Option<String>, Vec<Destination<'p>>)>,
    policies: Vec<(String, Option<String>)>,
    /// Who called, and who was called.
    seen: Option<[Vec<seen::Row>; 2]>,
    /// Its part of the topology, where that is small enough.
    neighbours: Option<Inline>,
    topology: String,
}

/// A row of callers or callees.
struct Peer<'p> {
    who: String,
    href: Option<String>,
    port: u16,
    badge: Badge,
    requests: &'p [String],
    why: Option<String>,
}

struct Destination<'p> {
    answer: &'p DestinationAnswer,
    percent: String,
    /// What was seen beside it.
    seen: Option<String>,
    part: f64,
    href: String,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let model = &visit.snapshot.plan().model;
    let entrances = visit.snapshot.entrances();
    let key = ServiceKey { namespace: visit.param("ns").into(), name: visit.param("name").into() };
    let Some(service) = entrances.inventory().service(&key).cloned() else {
        let known = entrances.inventory().services().iter().filter(|other| other.key.namespace == key.namespace);
        let problem = Problem::missing(format!("There is no Service `{}` in namespace `{}`.", key.name, key.namespace));
        return Err(problem.did_you_mean(&key.name, known.map(|other| &*other.key.name)));
    };
    let view = View::new(model);
    let gathered = Gathered::of(&service, &entrances, &view);
    let observed = Observed::of(visit);
    let mut answer = gathered.answer(visit, &service, &entrances, &view);
    if let Some(observed) = &observed {
        answer.see(visit, observed, &key, &gathered.accounts);
    }
    visit.reply(&answer, || {
        let line = visit.command("matrix").option("--to", Some(&key.namespace));
        Ok(Page {
            chrome: visit.chrome(format!("Service {key}"), Section::Services, line).forms(visit, &[Format::Json]),
            badge: Badge::of_access(answer.service.access),
            callers: peers(visit, &gathered.callers, &answer.callers, true),
            callees: peers(visit, &gathered.callees, &answer.callees, false),
            routes: answer.routes.iter().zip(&gathered.shares).map(|(route, shares)| drawn(visit, route, shares)).collect(),
            policies: answer.policies.iter().map(|name| (name.clone(), visit.named(name).map(|(_, link)| link))).collect(),
            seen: answer.seen.as_ref().map(|seen| seen.rows(visit, &key)),
            neighbours: topology::neighbours(visit, &key)?,
            topology: visit.link(&format!("/topology{}", Query::of([("focus", &key.to_string())]).text())),
            page: &answer,
        })
    })
}

/// Who may say what at a port.
type Pair = (Party, Column, Allowance);

/// What the policy says, before it is put into words.
struct Gathered {
    accounts: BTreeSet<AccountKey>,
    callers: Vec<Pair>,
    callees: Vec<Pair>,
    /// Port, rule, and the exact shares.
    rules: Vec<(u16, Rule)>,
    shares: Vec<Vec<Fraction>>,
}

impl Gathered {
    fn of(service: &Arc<Service>, entrances: &Entrances<'_>, view: &View<'_>) -> Self {
        let behind = view.pods_behind(service);
        let accounts: BTreeSet<AccountKey> =
            behind.iter().map(|pods| AccountKey { namespace: pods.key.namespace.clone(), name: pods.service_account.clone() }).collect();
        let callers = entrances.ports(service).iter().flat_map(callers).collect();
        let parties: Vec<Party> = accounts.iter().cloned().map(Party::Account).collect();
        let callees = |other: &Arc<Service>| -> Vec<Pair> {
            let ports = entrances.ports(other).into_iter().filter(Entrance::is_closed);
            ports.flat_map(|port| called_by(&port, &parties)).collect()
        };
        let callees = entrances.inventory().services().iter().flat_map(callees).collect();
        let rules: Vec<(u16, Rule)> = (view.routes(&service.key).ports.iter())
            .flat_map(|port| port.rules.iter().filter(|rule| !rule.is_rest).map(|rule| (port.port.number, rule.clone())))
            .collect();
        let shares = |(_, rule): &(u16, Rule)| {
            let sum: u64 = rule.weights().iter().sum();
            rule.weights().into_iter().map(|weight| Fraction::of(weight, sum)).collect()
        };
        Self { accounts, callers, callees, shares: rules.iter().map(shares).collect(), rules }
    }

    fn answer(&self, visit: &Visit, service: &Arc<Service>, entrances: &Entrances<'_>, view: &View<'_>) -> ServicePage {
        let policies = self.policies(service, view);
        let workload = |pods: &Arc<meshglot_translator::ir::PodSet>| WorkloadAnswer {
            object: pods.key.to_string(),
            service_account: pods.service_account.to_string(),
            closed: view.access(pods).is_some_and(|access| access.closed),
        };
        let route = |((port, rule), shares): (&(u16, Rule), &Vec<Fraction>)| RouteAnswer {
            port: *port,
            split: rule.split.key.to_string(),
            every: rule.matches.is_empty(),
            matches: rule.matches.iter().map(|one| one.name.to_string()).collect(),
            destinations: rule.destinations.iter().zip(shares).map(|(to, share)| destination(to, *share)).collect(),
        };
        ServicePage {
            service: ServiceAnswer::of(service, entrances, view),
            workloads: view.pods_behind(service).iter().map(workload).collect(),
            callers: self.callers.iter().map(PeerAnswer::of).collect(),
            callees: self.callees.iter().map(PeerAnswer::of).collect(),
            routes: self.rules.iter().zip(&self.shares).map(route).collect(),
            rendered: rendered(visit, &policies),
            policies: policies.iter().map(ToString::to_string).collect(),
            seen: None,
        }
    }

    /// Splits and what they match by, and targets of those who run behind it.
    fn policies(&self, service: &Service, view: &View<'_>) -> BTreeSet<ObjectKey> {
        let splits = view.routes(&service.key).sources.clone().into_iter();
        let through = view.splits_using(&service.key).into_iter().map(|split| split.key.clone());
        let rules = self.accounts.iter().flat_map(|account| view.account_access(account).rules.clone());
        let targets = self.accounts.iter().flat_map(|account| view.target_keys_of(account));
        splits.chain(through).chain(targets).chain(rules.flat_map(|rule| rule.from.clone())).filter(|key| key.kind.is_neutral()).collect()
    }
}

/// Whom the rules of a port name, and everybody else.
fn callers(port: &Entrance) -> Vec<Pair> {
    let column = Column { service: port.service().clone(), port: port.port().number };
    let others = [Party::Others, Party::NoProxy];
    port.named().into_iter().chain(others).map(|party| (party.clone(), column.clone(), port.allows(&party))).collect()
}

/// Which of these a port lets in by name.
fn called_by(port: &Entrance, parties: &[Party]) -> Vec<Pair> {
    let column = Column { service: port.service().clone(), port: port.port().number };
    let named = port.named();
    let those = parties.iter().filter(|party| named.contains(party));
    those.map(|party| (party.clone(), column.clone(), port.allows(party))).collect()
}

fn destination(to: &meshglot_translator::ir::Destination, share: Fraction) -> DestinationAnswer {
    DestinationAnswer { service: to.service.to_string(), share: share.to_string(), known: to.object.is_some(), seen: None }
}

impl ServicePage {
    /// Adds what was seen of a mesh that runs.
    fn see(&mut self, visit: &Visit, observed: &Observed, key: &ServiceKey, accounts: &BTreeSet<AccountKey>) {
        self.seen = Some(ServiceSeen::of(observed, key, accounts));
        let map = visit.snapshot.map();
        for route in self.routes.iter_mut().filter(|route| route.every) {
            for to in &mut route.destinations {
                let named =
                    to.service.split_once('/').map(|(namespace, name)| ServiceKey { namespace: namespace.into(), name: name.into() });
                to.seen = named.and_then(|named| observed.share(map, key, route.port, &named));
            }
        }
    }
}

impl PeerAnswer {
    fn of((party, column, allowance): &Pair) -> Self {
        Self { caller: party.into(), service: column.service.to_string(), port: column.port, allowed: allowance.into() }
    }
}

/// Names of the objects that meshes get for some policies.
fn rendered(visit: &Visit, policies: &BTreeSet<ObjectKey>) -> Vec<RenderedFor> {
    let made = visit.snapshot.made_from();
    let all: BTreeSet<&Made> = policies.iter().filter_map(|key| made.get(key)).flatten().collect();
    let of = |backend: &'static str| RenderedFor {
        backend,
        objects: all.iter().filter(|one| one.backend == backend).map(|one| one.path.to_string()).collect(),
    };
    visit.snapshot.mesh_names().into_iter().map(of).collect()
}

fn peers<'p>(visit: &Visit, pairs: &[Pair], answers: &'p [PeerAnswer], callers: bool) -> Vec<Peer<'p>> {
    let peer = |((party, column, allowance), answer): (&Pair, &'p PeerAnswer)| {
        let called = visit.object_link(&column.service.object());
        let (who, href) = if callers { (party.to_string(), None) } else { (column.service.to_string(), called) };
        Peer {
            who,
            href,
            port: column.port,
            badge: Badge::of_call(if *allowance == Allowance::Nothing { "deny" } else { "allow" }),
            requests: &answer.allowed.requests,
            why: CallFields::about(party, column, allowance).map(|call| visit.link(&format!("/access/explain{}", call.query().text()))),
        }
    };
    pairs.iter().zip(answers).map(peer).collect()
}

fn drawn<'p>(visit: &Visit, route: &'p RouteAnswer, shares: &[Fraction]) -> (&'p RouteAnswer, Option<String>, Vec<Destination<'p>>) {
    let destination = |(answer, share): (&'p DestinationAnswer, &Fraction)| {
        let (namespace, name) = answer.service.split_once('/').unwrap_or_default();
        let key = ServiceKey { namespace: namespace.into(), name: name.into() };
        Destination {
            answer,
            percent: share.percent(),
            seen: answer.seen.map(percent),
            part: share.value(),
            href: visit.object_link(&key.object()).unwrap_or_default(),
        }
    };
    (route, visit.named(&route.split).map(|(_, link)| link), route.destinations.iter().zip(shares).map(destination).collect())
}
