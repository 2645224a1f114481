//! What the query asks for: of which namespace, around what, how far, which edges.

use super::find::Find;
use crate::map::Map;
use crate::problem::Problem;
use crate::query::Query;
use crate::visit::Visit;

/// How far a focus may reach.
const HOPS: std::ops::RangeInclusive<usize> = 1..=3;

/// Words of `edges`.
const EDGES: [&str; 4] = ["allowed", "denied", "direct", "observed"];

/// The form as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Fields<'q> {
    pub(super) namespace: &'q str,
    pub(super) focus: &'q str,
    pub(super) hops: &'q str,
    /// The words of `edges`.
    edges: Vec<&'q str>,
    pub(super) words: &'q str,
}

/// What it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// Edges with an end in this namespace.
    pub(super) namespace: Option<String>,
    /// The position of the node that it is about.
    pub(super) focus: Option<usize>,
    /// How many edges away from it.
    pub(super) hops: usize,
    /// Calls that are let in, and shares of splits.
    pub(super) allowed: bool,
    /// Calls that are not; of the focus alone.
    pub(super) denied: bool,
    /// Calls to parts of a split, too.
    pub(super) direct: bool,
    /// Calls that were seen and that no rule makes, too.
    pub(super) observed: bool,
    pub(super) find: Find,
}

impl<'q> Fields<'q> {
    pub(super) fn of(query: &'q Query) -> Self {
        let text = |name: &str| query.get(name).unwrap_or_default().trim();
        let edges = query.all("edges").flat_map(|text| text.split(',')).map(str::trim).filter(|word| !word.is_empty());
        Self { namespace: text("ns"), focus: text("focus"), hops: text("hops"), edges: edges.collect(), words: text("q") }
    }

    /// Whether a box is ticked; the first one is unless another says what to show, the last one unless any does.
    pub(super) fn has(&self, word: &str) -> bool {
        self.edges.contains(&word) || (word == EDGES[0] && !self.edges.contains(&EDGES[1])) || (word == EDGES[3] && self.edges.is_empty())
    }

    /// Whether everything is shown.
    pub(super) fn is_empty(&self) -> bool {
        [self.namespace, self.focus, self.words].iter().all(|text| text.is_empty())
    }
}

impl Scope {
    /// The next neighbours of a node.
    pub(super) fn around(focus: usize) -> Self {
        Self {
            namespace: None,
            focus: Some(focus),
            hops: 1,
            allowed: true,
            denied: false,
            direct: false,
            observed: true,
            find: Find::default(),
        }
    }

    pub(super) fn of(visit: &Visit, map: &Map, fields: &Fields<'_>) -> Result<Self, Problem> {
        let namespace = Some(fields.namespace).filter(|name| !name.is_empty());
        if let Some(name) = namespace.filter(|name| !map.spots.iter().any(|spot| *spot.key.namespace == **name)) {
            let known = map.spots.iter().map(|spot| &*spot.key.namespace).filter(|known| !known.is_empty());
            return Err(Problem::missing(format!("Nothing runs in a namespace `{name}`.")).did_you_mean(name, known));
        }
        let hops = match fields.hops {
            "" => 1,
            text => text
                .parse()
                .ok()
                .filter(|hops| HOPS.contains(hops))
                .ok_or_else(|| Problem::bad(format!("`{text}` is no number of hops.")).help("Ask for 1, 2 or 3.".to_owned()))?,
        };
        if let Some(word) = fields.edges.iter().find(|word| !EDGES.contains(word)) {
            return Err(Problem::bad(format!("There are no edges `{word}`: they are {}.", EDGES.join(", "))).did_you_mean(word, EDGES));
        }
        Ok(Self {
            focus: Some(fields.focus).filter(|text| !text.is_empty()).map(|text| focus(visit, map, text, namespace)).transpose()?,
            namespace: namespace.map(str::to_owned),
            hops,
            allowed: fields.has("allowed"),
            denied: fields.has("denied"),
            direct: fields.has("direct"),
            observed: fields.has("observed"),
            find: Find::parse(fields.words),
        })
    }
}

/// The node of a name; a Service before anything else that is called so.
fn focus(visit: &Visit, map: &Map, text: &str, namespace: Option<&str>) -> Result<usize, Problem> {
    let path = if text.contains('/') { text.to_owned() } else { format!("{}/{text}", namespace.unwrap_or(visit.snapshot.namespace())) };
    let found = map.spots.iter().position(|spot| spot.key.path() == path);
    found.ok_or_else(|| {
        let paths: Vec<String> = map.spots.iter().map(|spot| spot.key.path()).collect();
        let problem = Problem::missing(format!("There is no Service or workload `{path}`."));
        problem.did_you_mean(&path, paths.iter().map(String::as_str))
    })
}
