//! `/topology?ns=&focus=&hops=&edges=&q=`: who may call whom and which shares go where, as a picture and as a table.

mod answer;
mod drawn;
mod find;
mod groups;
mod part;
mod rows;
mod scope;

use std::collections::BTreeSet;

use askama::Template;
use meshglot_translator::ir::ServiceKey;

use crate::format::Format;
use crate::graph::{Caption, File, Graph, Inline};
use crate::map::{Map, Observed, SpotKey, Tie};
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::parts::filters;
use crate::parts::rate::rate;
use crate::problem::Problem;
use crate::reply::{self, Reply};
use crate::visit::Visit;
pub(crate) use answer::Topology;
use drawn::{Lead, counted};
use groups::Groups;
use part::Part;
use rows::{GroupRow, Panel, Row};
use scope::{Fields, Scope};

/// As many names are offered for a focus.
const OFFERED: usize = 400;
/// A table of namespaces has no more rows.
const ROWS: usize = 600;

#[derive(Template)]
#[template(path = "pages/topology.html")]
struct Page<'p> {
    chrome: Chrome,
    fields: Fields<'p>,
    namespaces: BTreeSet<&'p str>,
    /// Names that a focus may have.
    known: Vec<String>,
    shown: Shown,
    panel: Option<Panel>,
    /// Calls to parts of splits that are left out, and the page that shows them.
    direct: (usize, String),
    /// Denied calls that are left out.
    denied: usize,
    /// Calls a second of which an end stands nowhere in the map.
    elsewhere: Option<String>,
}

/// What stands below the form.
enum Shown {
    /// What is wrong with the form.
    Wrong(Problem),
    /// There is no Service.
    Empty,
    /// Nothing fits what is looked for.
    Nothing,
    /// Nodes and edges one by one.
    One { picture: Box<Inline>, rows: Vec<Row>, nodes: usize },
    /// Namespaces in place of so many nodes and edges; no picture where there are too many even of them.
    Groups { picture: Option<Box<Inline>>, rows: Vec<GroupRow>, calls: usize, nodes: usize, edges: usize },
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let fields = Fields::of(&visit.query);
    let map = visit.snapshot.map();
    let scope = match Scope::of(visit, map, &fields) {
        Err(problem) if visit.format == Format::Html => {
            let page = Page::of(visit, map, fields, Shown::Wrong(problem.clone()));
            return Ok(Reply::html(&page)?.but(Some(&problem)));
        }
        scope => scope?,
    };
    let denied = denied(visit, map, &scope);
    let observed = Observed::of(visit);
    let observed = observed.as_ref();
    let seen_alone = observed.map_or(&[][..], |observed| &observed.ties);
    let part = Part::of(map, &denied, seen_alone, &scope);
    let groups = (!part.is_small()).then(|| Groups::of(map, &part));
    let graph = || match &groups {
        None => drawn::graph(visit, map, observed, &part, &scope, Lead::Around),
        Some(groups) => drawn::grouped(visit, groups),
    };
    if visit.format == Format::Svg {
        if groups.as_ref().is_some_and(|groups| !groups.is_small()) {
            let message = format!("{} are too many for one picture.", counted(part.spots.len(), "node"));
            return Err(Problem::too_large(message).help("Choose a namespace or a focus.".to_owned()));
        }
        let graph = graph()?;
        let file = File::new(&graph, caption(map, &scope, groups.is_some(), &graph, ""));
        return Ok(Reply::text(Format::Svg, reply::drawn(&file)?));
    }
    let answer = Topology::of(map, observed, &part, groups.as_ref(), &scope);
    visit.reply(&answer, || {
        let picture = || -> Result<Box<Inline>, Problem> {
            let graph = graph()?;
            let caption = caption(map, &scope, groups.is_some(), &graph, "The table below lists the same edges in words.");
            Ok(Box::new(Inline::new(&graph, caption)))
        };
        let shown = match &groups {
            _ if map.spots.is_empty() => Shown::Empty,
            _ if part.spots.is_empty() => Shown::Nothing,
            None => Shown::One {
                picture: picture()?,
                rows: part.ties.iter().map(|tie| Row::of(visit, map, observed, tie, &scope)).collect(),
                nodes: part.spots.len(),
            },
            Some(groups) => Shown::Groups {
                picture: groups.is_small().then(picture).transpose()?,
                rows: GroupRow::all(visit, groups).into_iter().take(ROWS).collect(),
                calls: groups.ties.len(),
                nodes: part.spots.len(),
                edges: part.ties.len(),
            },
        };
        Ok(Page {
            panel: Panel::of(visit, map, observed, &denied, &scope),
            direct: (part.direct, visit.here_with("edges", if scope.denied { "allowed,denied,direct" } else { "allowed,direct" })),
            denied: part.denied,
            elsewhere: observed.filter(|seen| seen.elsewhere.calls > 0).map(|seen| rate(seen.window.rate(seen.elsewhere.calls))),
            ..Page::of(visit, map, fields, shown)
        })
    })
}

/// A Service with those who may call it, whom it may call, and the shares of its splits; `None`: that is too much for a
/// picture, or nothing.
pub(crate) fn neighbours(visit: &Visit, service: &ServiceKey) -> Result<Option<Inline>, Problem> {
    let map = visit.snapshot.map();
    let Some(focus) = map.position(&SpotKey::service(service)) else { return Ok(None) };
    let scope = Scope::around(focus);
    let observed = Observed::of(visit);
    let observed = observed.as_ref();
    let part = Part::of(map, &[], observed.map_or(&[][..], |observed| &observed.ties), &scope);
    if !part.is_small() || part.ties.is_empty() {
        return Ok(None);
    }
    let graph = drawn::graph(visit, map, observed, &part, &scope, Lead::Page)?;
    let caption = caption(map, &scope, false, &graph, "The tables below say the same in words.");
    Ok(Some(Inline::new(&graph, Caption { id: "neighbours", ..caption })))
}

/// The denied calls that are asked for: those of the focus.
fn denied(visit: &Visit, map: &Map, scope: &Scope) -> Vec<Tie> {
    let Some(focus) = scope.focus.filter(|_| scope.denied) else { return Vec::new() };
    let namespace = scope.namespace.as_deref().unwrap_or(&map.spots[focus].key.namespace);
    map.denied(&visit.snapshot.entrances(), focus, namespace)
}

fn caption(map: &Map, scope: &Scope, grouped: bool, graph: &Graph, beside: &str) -> Caption {
    let title = match (scope.focus, &scope.namespace) {
        _ if grouped => "Calls between namespaces".to_owned(),
        (Some(focus), _) => format!("{} and its neighbours", map.spots[focus].key.path()),
        (None, Some(namespace)) => format!("Calls in namespace {namespace}"),
        (None, None) => "Who may call whom".to_owned(),
    };
    let (nodes, edges) = (counted(graph.nodes().len(), "node"), counted(graph.edges().len(), "edge"));
    Caption { id: "topology", title, description: format!("{nodes}, {edges}; callers stand left of whom they call. {beside}") }
}

impl<'p> Page<'p> {
    /// The form with what may be chosen in it, and what stands below.
    fn of(visit: &Visit, map: &'p Map, fields: Fields<'p>, shown: Shown) -> Self {
        let chrome = if matches!(shown, Shown::Wrong(_)) {
            visit.bare_chrome("Topology", Section::Topology)
        } else {
            let command = visit.command("matrix").option("--to", Some(fields.namespace).filter(|name| !name.is_empty()));
            visit.chrome("Topology", Section::Topology, command).forms(visit, &[Format::Json, Format::Svg])
        };
        Self {
            chrome,
            fields,
            namespaces: map.spots.iter().map(|spot| &*spot.key.namespace).filter(|name| !name.is_empty()).collect(),
            known: map.spots.iter().map(|spot| spot.key.path()).take(OFFERED).collect(),
            shown,
            panel: None,
            direct: (0, String::new()),
            denied: 0,
            elsewhere: None,
        }
    }
}
