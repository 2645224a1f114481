//! What outlines and lines mean, below the picture: those alone that it has.

use super::layout::{HEAD, Point, Rect, Size};
use super::measure::Font;
use super::picture::{Text, head, radius};
use super::value::{EdgeKind, Graph, NodeKind};

/// How long a sample is.
const SAMPLE: i32 = 36;
/// Between a sample and its words.
const GAP: i32 = 8;
/// Between entries.
const NEXT: i32 = 22;
/// From one row to the next.
const ROW: i32 = 22;
/// Around it.
const MARGIN: i32 = 16;
/// Rows are as wide as the picture, and at least this.
const LEAST: i32 = 420;

/// The entries, placed below a picture.
#[derive(Clone, Debug, Default)]
pub(super) struct Legend {
    /// How wide the picture has to be.
    pub(super) width: i32,
    /// How much higher the picture becomes.
    pub(super) height: i32,
    pub(super) outlines: Vec<Outline>,
    pub(super) lines: Vec<Line>,
}

#[derive(Clone, Debug)]
pub(super) struct Outline {
    pub(super) class: &'static str,
    pub(super) place: Rect,
    pub(super) radius: i32,
    pub(super) many: bool,
    pub(super) text: Text,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) class: &'static str,
    /// From where the rest is placed.
    pub(super) tip: Point,
    pub(super) line: String,
    pub(super) head: String,
    pub(super) text: Text,
}

impl Legend {
    /// The legend of a graph whose picture is so large.
    pub(super) fn of(graph: &Graph, picture: Size) -> Self {
        let mut legend = Self::default();
        if graph.edges().is_empty() {
            return legend;
        }
        let right = picture.width.max(LEAST) - MARGIN;
        // The middle of the row, and where its next entry begins.
        let (mut x, mut y) = (MARGIN, picture.height + ROW / 2);
        let mut place = |words: &str| {
            let width = SAMPLE + GAP + Font::Sans.width(words);
            if x > MARGIN && x + width > right {
                (x, y) = (MARGIN, y + ROW);
            }
            let at = Point { x, y };
            x += width + NEXT;
            legend.width = legend.width.max(at.x + width + MARGIN);
            legend.height = at.y + ROW / 2 + MARGIN - picture.height;
            (at, Text { x: at.x + SAMPLE + GAP, y: at.y + 4, text: words.to_owned() })
        };
        for (kind, class, word) in entries(graph) {
            let (at, text) = place(word);
            let tip = Point { x: at.x + SAMPLE, y: at.y };
            let line = format!("M-{HEAD} 0h-{}", SAMPLE - HEAD);
            let text = Text { x: text.x - tip.x, y: text.y - tip.y, ..text };
            legend.lines.push(Line { class, tip, line, head: head(kind, Point { x: HEAD, y: 0 }), text });
        }
        for kind in NodeKind::ALL.into_iter().filter(|kind| graph.nodes().iter().any(|node| node.kind == *kind)) {
            let (at, text) = place(kind.word());
            let place = Rect { x: at.x + 8, y: at.y - 7, width: SAMPLE - 8, height: 14 };
            let many = kind == NodeKind::Group;
            legend.outlines.push(Outline { class: kind.class(), place, radius: radius(kind, place.height), many, text });
        }
        legend
    }
}

/// Kinds of edges that a graph has, with their class and their words; apart by whether they are used, where that is known.
fn entries(graph: &Graph) -> Vec<(EdgeKind, &'static str, &'static str)> {
    let has = |kind: EdgeKind, used: Option<bool>| {
        graph.edges().iter().any(|edge| edge.kind == kind && edge.seen.as_ref().map(|seen| seen.used) == used)
    };
    let entries = |kind: EdgeKind| {
        let (used, unused) = match kind {
            EdgeKind::Allowed => (("allowed", "allowed, seen"), ("allowed unused", "allowed, unused")),
            EdgeKind::Split => (("split", "share of a split"), ("split unused", "share of a split, unused")),
            EdgeKind::Open => (("open", "open to anyone, seen"), ("open unused", "open to anyone, unused")),
            EdgeKind::Denied => (("denied", "denied, attempted"), ("denied unused", "denied, not attempted")),
        };
        let known = [(Some(true), used), (Some(false), unused), (None, (kind.class(), kind.word()))];
        known.into_iter().filter(move |(seen, _)| has(kind, *seen)).map(move |(_, (class, word))| (kind, class, word)).collect::<Vec<_>>()
    };
    EdgeKind::ALL.into_iter().flat_map(entries).collect()
}
