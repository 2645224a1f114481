//! A graph as SVG inside a page.

use askama::Template;
use askama::filters::HtmlSafe;

use super::layout::{HEAD, Layout, Link, Piece, Point, Rect, Route, layout};
use super::legend::Legend;
use super::measure::{Font, clean};
use super::shape::{INSET, Shape};
use super::value::{Edge, EdgeKind, Graph, Node, NodeKind};

/// What a graph is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// Begins the `id`s of elements; each graph of a page has another one.
    pub id: &'static str,
    /// What it shows, in a few words.
    pub title: String,
    /// What is to be seen, and where the same stands as a table.
    pub description: String,
}

impl Caption {
    /// Names of policy may stand in it.
    pub(super) fn clean(self) -> Self {
        Self { title: clean(&self.title).into_owned(), description: clean(&self.description).into_owned(), ..self }
    }
}

/// A graph inside a page that links `assets/graph.css`; nodes and edges are links.
///
/// Keys walk the nodes in the order of [`Graph::nodes`]. The edges are there for eyes and mice alone: a page shows them in a
/// table as well, which reads better aloud.
#[derive(Debug, Template)]
#[template(path = "graph/inline.svg")]
pub struct Inline {
    caption: Caption,
    picture: Picture,
}

/// Everything in it is escaped by its template.
impl HtmlSafe for Inline {}

impl Inline {
    /// Draws a graph.
    pub fn new(graph: &Graph, caption: Caption) -> Self {
        Self { caption: caption.clean(), picture: Picture::new(graph, true) }
    }

    /// A picture that holds links is no picture to a screen reader, but a group of them: what is in `img` cannot be reached.
    fn role(&self) -> &'static str {
        if self.picture.nodes.iter().any(|node| node.href.is_some()) { "group" } else { "img" }
    }
}

/// What the templates draw.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) nodes: Vec<NodeView>,
    pub(super) edges: Vec<EdgeView>,
    pub(super) legend: Legend,
}

/// A node; what is in it is placed from the corner of its box.
#[derive(Clone, Debug)]
pub(super) struct NodeView {
    pub(super) class: &'static str,
    pub(super) focus: bool,
    pub(super) href: Option<String>,
    pub(super) title: String,
    pub(super) place: Rect,
    /// Of the corners.
    pub(super) radius: i32,
    /// A second outline behind the first: many things.
    pub(super) many: bool,
    pub(super) name: Text,
    pub(super) lines: Vec<Text>,
    /// A sign, its words, and their colour.
    pub(super) badge: Option<(&'static str, Text, &'static str)>,
}

/// An edge; what belongs to it is placed from the tip of its head, so that most of it is alike from edge to edge: a page of
/// many edges is a third lighter on the wire for it.
#[derive(Clone, Debug)]
pub(super) struct EdgeView {
    pub(super) class: &'static str,
    /// Whether it is used, where that is known.
    pub(super) use_class: &'static str,
    pub(super) href: Option<String>,
    pub(super) title: String,
    pub(super) tip: Point,
    pub(super) line: String,
    pub(super) head: String,
    pub(super) label: Option<(Rect, Text)>,
}

#[derive(Clone, Debug)]
pub(super) struct Text {
    /// Its beginning; of words at an edge the middle.
    pub(super) x: i32,
    /// The base line.
    pub(super) y: i32,
    pub(super) text: String,
}

impl Picture {
    pub(super) fn new(graph: &Graph, linked: bool) -> Self {
        let shapes: Vec<Shape> = graph.nodes().iter().map(Shape::of).collect();
        let words: Vec<Option<String>> = graph.edges().iter().map(words).collect();
        let sizes: Vec<_> = shapes.iter().map(Shape::size).collect();
        let link = |(edge, words): (&Edge, &Option<String>)| {
            // Room for numbers, whatever they are.
            let label = words.as_ref().map_or(0, |words| font(edge).width(words)) + if edge.seen.is_some() { room() } else { 0 };
            Link { from: graph.index(&edge.from), to: graph.index(&edge.to), label, weak: edge.kind == EdgeKind::Denied }
        };
        let links: Vec<Link> = graph.edges().iter().zip(&words).map(link).collect();
        let Layout { size, nodes, routes } = layout(&sizes, &links);
        let legend = Legend::of(graph, size);
        let nodes = graph.nodes().iter().zip(shapes).zip(nodes).map(|((node, shape), place)| view(node, shape, place, linked));
        let edges = graph.edges().iter().zip(words).zip(&routes).map(|((edge, words), route)| EdgeView {
            class: edge.kind.class(),
            use_class: edge.use_class(),
            href: edge.href.clone().filter(|_| linked),
            title: titled(edge),
            tip: route.tip,
            line: line(route),
            head: head(edge.kind, route.towards),
            label: route.label.zip(with_seen(edge, words)).map(|(place, text)| {
                let place = Rect { x: place.x - route.tip.x, y: place.y - route.tip.y, ..place };
                (place, Text { x: place.x + place.width / 2, y: place.bottom() - 5, text })
            }),
        });
        Self {
            width: size.width.max(legend.width),
            height: size.height + legend.height,
            nodes: nodes.collect(),
            edges: edges.collect(),
            legend,
        }
    }
}

/// The most that the words at an edge may be wide.
const WORDS: i32 = 130;

fn words(edge: &Edge) -> Option<String> {
    edge.words().map(|words| font(edge).cut(&clean(&words), WORDS).into_owned())
}

/// How wide what was seen may be.
fn room() -> i32 {
    Font::Sans.width(" 0000/s 99.9%")
}

/// The words of an edge, and what was seen of it.
fn with_seen(edge: &Edge, words: Option<String>) -> Option<String> {
    let Some(seen) = &edge.seen else { return words };
    let seen = font(edge).cut(&clean(&seen.label), room()).into_owned();
    Some(words.map_or_else(|| seen.clone(), |words| format!("{words} {seen}")))
}

fn titled(edge: &Edge) -> String {
    let title = clean(&edge.title).into_owned();
    edge.seen.as_ref().map_or_else(|| title.clone(), |seen| format!("{title}; {}", clean(&seen.words)))
}

fn font(edge: &Edge) -> Font {
    if edge.kind == EdgeKind::Split { Font::Bold } else { Font::Sans }
}

fn view(node: &Node, shape: Shape, place: Rect, linked: bool) -> NodeView {
    let base_lines = shape.base_lines(place.height);
    let text = |line: usize, text: String| Text { x: INSET, y: base_lines[line], text };
    let below = shape.lines.len();
    NodeView {
        class: node.kind.class(),
        focus: node.focus,
        href: node.href.clone().filter(|_| linked),
        title: clean(&node.description()).into_owned(),
        place,
        radius: radius(node.kind, place.height),
        many: node.kind == NodeKind::Group,
        name: text(0, shape.name),
        lines: shape.lines.into_iter().enumerate().map(|(line, words)| text(line + 1, words)).collect(),
        badge: shape.badge.map(|badge| (badge.sign, text(below + 1, badge.word), badge.tone.class())),
    }
}

/// The outline tells the kind as well as its colour does.
pub(super) fn radius(kind: NodeKind, height: i32) -> i32 {
    match kind {
        NodeKind::Service => (height / 4).min(6),
        NodeKind::Workload | NodeKind::Group => 0,
        NodeKind::Account | NodeKind::Anyone => (height / 2).min(18),
    }
}

/// The line of an edge as path data, from its head back to where it begins, in steps from point to point.
fn line(route: &Route) -> String {
    let mut line = format!("M{} {}", -route.towards.x, -route.towards.y);
    let begins = std::iter::once(route.start).chain(route.pieces.iter().map(Piece::end));
    for (to, piece) in begins.zip(&route.pieces).collect::<Vec<_>>().into_iter().rev() {
        let from = piece.end();
        let (across, down) = (to.x - from.x, to.y - from.y);
        line.push_str(&match piece {
            Piece::Line(_) if down == 0 => format!("h{across}"),
            Piece::Line(_) => format!("l{across} {down}"),
            Piece::Curve(_) => format!("c{} 0 {} {down} {across} {down}", across / 2, across / 2),
            Piece::Corner(corner, _) => format!("q{} {} {across} {down}", corner.x - from.x, corner.y - from.y),
        });
    }
    line
}

/// The head of an edge as path data, from its tip: an arrow, or a cross where nobody arrives. `towards`: from its beginning
/// to the tip.
pub(super) fn head(kind: EdgeKind, towards: Point) -> String {
    let half = HEAD / 2;
    if kind == EdgeKind::Denied {
        let (left, top, whole) = (-towards.x / 2 - half, -towards.y / 2 - half, 2 * half);
        return format!("M{left} {top}l{whole} {whole}m0 -{whole}l-{whole} {whole}");
    }
    let aside = if towards.y == 0 { Point { x: 0, y: half } } else { Point { x: half, y: 0 } };
    format!("M{} {}L0 0L{} {}z", -towards.x - aside.x, -towards.y - aside.y, aside.x - towards.x, aside.y - towards.y)
}
