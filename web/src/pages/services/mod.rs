//! `/services?ns=&q=&open=`: what can be called, and how it is protected.

mod seen;
pub(crate) mod service;

use askama::Template;
use meshglot_translator::answer::Answer;
use meshglot_translator::effect::{Entrance, Entrances};
use meshglot_translator::ir::{Service, ServiceKey};
use meshglot_translator::resolve::View;
use schemars::JsonSchema;
use serde::Serialize;

use crate::format::Format;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::parts::protection::access;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

/// A page has no more rows; filters find the others.
const ROWS: usize = 200;

/// What can be called.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Services {
    /// By namespace and name.
    services: Vec<ServiceAnswer>,
}

impl Answer for Services {
    const KIND: &'static str = "Services";
}

/// One Service, in short.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ServiceAnswer {
    /// Its namespace.
    namespace: String,
    /// Its name.
    name: String,
    /// `NUMBER` and what is spoken there.
    ports: Vec<PortAnswer>,
    /// Workloads behind it.
    workloads: usize,
    /// `closed`: only what rules list is let in; `open`: whoever calls; `partly`: some of its ports are open; `nobody`: no
    /// port.
    #[schemars(extend("enum" = ["closed", "open", "partly", "nobody"]))]
    access: &'static str,
    /// Callers that rules name.
    callers: usize,
    /// Splits that route its calls, `KIND/NAMESPACE/NAME`.
    splits: Vec<String>,
}

/// A port of a Service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PortAnswer {
    /// What callers dial.
    number: u16,
    /// Its name; empty if the only port has none.
    name: String,
    /// What it speaks, as declared.
    protocol: String,
}

#[derive(Template)]
#[template(path = "pages/services/list.html")]
struct Page<'p> {
    chrome: Chrome,
    namespaces: Vec<String>,
    namespace: &'p str,
    words: &'p str,
    access: &'p str,
    rows: Vec<Row<'p>>,
    found: usize,
    all: usize,
}

struct Row<'p> {
    service: &'p ServiceAnswer,
    href: String,
    splits: Vec<(String, Option<String>)>,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let entrances = visit.snapshot.entrances();
    let view = View::new(&visit.snapshot.plan().model);
    let (namespace, words, access) = ["ns", "q", "access"].map(|name| visit.query.get(name).unwrap_or_default()).into();
    let known = entrances.inventory().services();
    let wanted = |service: &&std::sync::Arc<Service>| {
        (namespace.is_empty() || *service.key.namespace == *namespace) && service.key.to_string().contains(words)
    };
    let services = known.iter().filter(wanted).map(|service| ServiceAnswer::of(service, &entrances, &view));
    let answer = Services { services: services.filter(|service| access.is_empty() || service.access == access).collect() };
    visit.reply(&answer, || {
        let mut namespaces: Vec<String> = known.iter().map(|service| service.key.namespace.to_string()).collect();
        namespaces.dedup();
        let to = Some(namespace).filter(|name| !name.is_empty());
        Ok(Page {
            chrome: visit.chrome("Services", Section::Services, visit.command("matrix").option("--to", to)).forms(visit, &[Format::Json]),
            namespaces,
            namespace,
            words,
            access,
            rows: answer.services.iter().take(ROWS).map(|service| Row::of(visit, service)).collect(),
            found: answer.services.len(),
            all: known.len(),
        })
    })
}

impl<'p> Row<'p> {
    fn of(visit: &Visit, service: &'p ServiceAnswer) -> Self {
        let key = ServiceKey { namespace: service.namespace.as_str().into(), name: service.name.as_str().into() };
        let link = |name: &String| (name.clone(), visit.named(name).map(|(_, link)| link));
        Self { service, href: visit.object_link(&key.object()).unwrap_or_default(), splits: service.splits.iter().map(link).collect() }
    }

    fn badge(&self) -> crate::parts::verdict::Badge {
        crate::parts::verdict::Badge::of_access(self.service.access)
    }
}

impl ServiceAnswer {
    fn of(service: &Service, entrances: &Entrances<'_>, view: &View<'_>) -> Self {
        let Some(object) = entrances.inventory().service(&service.key) else { return Self::empty(service) };
        let ports = entrances.ports(object);
        let callers: std::collections::BTreeSet<_> = ports.iter().flat_map(Entrance::named).collect();
        Self {
            workloads: entrances.inventory().selected_by(service).len(),
            access: access(&ports),
            callers: callers.len(),
            splits: view.splits_of_root(&service.key).iter().map(|split| split.key.to_string()).collect(),
            ..Self::empty(service)
        }
    }

    fn empty(service: &Service) -> Self {
        let port = |port: &meshglot_translator::ir::ServicePort| PortAnswer {
            number: port.number,
            name: port.name.to_string(),
            protocol: port.protocol.to_string(),
        };
        Self {
            namespace: service.key.namespace.to_string(),
            name: service.key.name.to_string(),
            ports: service.ports.iter().map(port).collect(),
            workloads: 0,
            access: "nobody",
            callers: 0,
            splits: Vec::new(),
        }
    }
}
