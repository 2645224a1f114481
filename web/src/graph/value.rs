//! What is drawn, as plain values.

use std::collections::BTreeSet;

/// Things and calls between them; in an order of their own, so that the order of making changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

/// A thing that calls or is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Its name among all nodes of the graph, and its place where nothing else decides.
    pub id: String,
    /// Which outline it gets, and which word in its description.
    pub kind: NodeKind,
    /// Its name; cut where it is long, then whole in its description.
    pub label: String,
    /// Lines below the name; the first three are drawn, all are in its description.
    pub lines: Vec<String>,
    /// What is to be known of it.
    pub badge: Option<Badge>,
    /// Its page, percent-encoded; left out of a file.
    pub href: Option<String>,
    /// Whether the graph is about it.
    pub focus: bool,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// A Service.
    Service,
    /// Pods of one template.
    Workload,
    /// A ServiceAccount, or an identity.
    Account,
    /// Many things taken together, such as a namespace.
    Group,
    /// Callers that no rule names.
    Anyone,
}

/// A sign and a word, with a colour that only repeats them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Badge {
    /// One character.
    pub sign: &'static str,
    /// What it means.
    pub word: String,
    /// Its colour.
    pub tone: Tone,
}

/// How good something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// As it should be.
    Good,
    /// To be looked at.
    Fair,
    /// Wrong.
    Bad,
    /// Neither.
    Plain,
}

/// Something goes from one node to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The [`Node::id`] of the caller.
    pub from: String,
    /// The [`Node::id`] of the callee; it may be the caller.
    pub to: String,
    /// Its line, its end and its word.
    pub kind: EdgeKind,
    /// Some words at its end, such as `GET`; a share such as `90%` for [`EdgeKind::Split`].
    pub label: Option<String>,
    /// All of it in words.
    pub title: String,
    /// The page that tells why, percent-encoded; left out of a file.
    pub href: Option<String>,
    /// What was seen of it; last, so that numbers never decide an order. `None`: nobody looks.
    pub seen: Option<Seen>,
}

/// What was seen at an edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Whether there was any call.
    pub used: bool,
    /// A few words behind those of the edge, such as `1.2/s 99%`; there is room for twelve letters, whatever stands there, so that
    /// numbers move nothing.
    pub label: String,
    /// All of it in words.
    pub words: String,
}

/// What an edge means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// A rule lets the caller in.
    Allowed,
    /// A share of the calls to a Service goes to another.
    Split,
    /// Nothing keeps the caller out.
    Open,
    /// The caller is kept out.
    Denied,
}

/// Why something is no graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Two nodes have one name.
    #[error("two nodes are called `{0}`")]
    SameId(String),
    /// An edge begins or ends nowhere.
    #[error("an edge names `{0}`, which is no node")]
    UnknownNode(String),
}

impl Graph {
    /// Puts nodes and edges together.
    ///
    /// # Errors
    /// If an edge names a node that is not there, or two nodes have the same name.
    pub fn new(mut nodes: Vec<Node>, mut edges: Vec<Edge>) -> Result<Self, Broken> {
        nodes.sort();
        edges.sort();
        if let Some(pair) = nodes.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(Broken::SameId(pair[0].id.clone()));
        }
        let ids: BTreeSet<&str> = nodes.iter().map(|node| &*node.id).collect();
        if let Some(unknown) = edges.iter().flat_map(|edge| [&edge.from, &edge.to]).find(|id| !ids.contains(&***id)) {
            return Err(Broken::UnknownNode(unknown.clone()));
        }
        Ok(Self { nodes, edges })
    }

    /// The nodes, by name.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The edges, by caller and callee.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Where a node stands in [`Graph::nodes`]; its name is one of theirs.
    pub(super) fn index(&self, id: &str) -> usize {
        self.nodes.partition_point(|node| *node.id < *id)
    }
}

impl NodeKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Service, Self::Workload, Self::Account, Self::Group, Self::Anyone];

    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Workload => "workload",
            Self::Account => "account",
            Self::Group => "group",
            Self::Anyone => "anyone",
        }
    }

    /// In the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Workload => "workload",
            Self::Account => "account",
            Self::Group => "group",
            Self::Anyone => "anyone",
        }
    }
}

impl EdgeKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Allowed, Self::Split, Self::Open, Self::Denied];

    /// For people: what its line means.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Split => "share of a split",
            Self::Open => "open to anyone",
            Self::Denied => "denied",
        }
    }

    /// In the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Split => "split",
            Self::Open => "open",
            Self::Denied => "denied",
        }
    }
}

impl Tone {
    /// In the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Bad => "bad",
            Self::Plain => "none",
        }
    }
}

impl Edge {
    /// In the style sheet, besides its kind.
    pub(super) fn use_class(&self) -> &'static str {
        match &self.seen {
            Some(seen) if !seen.used => "unused",
            _ => "",
        }
    }

    /// What stands at its end; a refusal always says so.
    pub(super) fn words(&self) -> Option<String> {
        match (self.kind, &self.label) {
            (EdgeKind::Denied, None) => Some("✘ denied".into()),
            (EdgeKind::Denied, Some(label)) => Some(format!("✘ denied {label}")),
            (EdgeKind::Open, None) => Some("open".into()),
            (_, label) => label.clone(),
        }
    }
}

impl Node {
    /// All that is to be known of it, its name first.
    pub(super) fn description(&self) -> String {
        let lines = self.lines.iter().cloned().chain(self.badge.iter().map(|badge| badge.word.clone()));
        let told: Vec<String> = lines.collect();
        let kind = if self.kind == NodeKind::Anyone { String::new() } else { format!(" ({})", self.kind.word()) };
        match told.join("; ") {
            told if told.is_empty() => format!("{}{kind}", self.label),
            told => format!("{}{kind}: {told}", self.label),
        }
    }
}
