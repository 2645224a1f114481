//! Boxes and lines: lines are level beside and between boxes, and bend between the columns alone, so that none runs through
//! a box.

use super::proper::{Chain, Proper};
use super::slots::{FIRST_LOOP, NEXT_LOOP, Slots};
use super::{Layout, Link, Point, Rect, Size};

/// How long the head of a line is.
pub(in crate::graph) const HEAD: i32 = 9;
/// How high a text at the end of a line is, with its ground.
const LABEL: i32 = 17;
/// Between a text and the end of its ground.
const LABEL_INSET: i32 = 4;
/// Where lines leave a box they stay level for so long.
const STUB: i32 = 6;
/// Least and most room for bends between two columns.
const BENDS: (i32, i32) = (34, 150);

/// How an edge is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::graph) struct Route {
    /// Where its line begins.
    pub(in crate::graph) start: Point,
    /// From there to the beginning of its head.
    pub(in crate::graph) pieces: Vec<Piece>,
    /// The tip of its head, on the outline of a box.
    pub(in crate::graph) tip: Point,
    /// From the beginning of its head to the tip: one of them is 0, the other [`HEAD`] or less than 0.
    pub(in crate::graph) towards: Point,
    /// The ground of its text.
    pub(in crate::graph) label: Option<Rect>,
}

/// A piece of a line; it begins where the last one ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graph) enum Piece {
    /// Straight.
    Line(Point),
    /// Level at both ends, with the bend between.
    Curve(Point),
    /// A quarter of an ellipse, by its corner and its end.
    Corner(Point, Point),
}

impl Piece {
    /// Where it ends.
    pub(in crate::graph) fn end(&self) -> Point {
        match self {
            Self::Line(to) | Self::Curve(to) | Self::Corner(_, to) => *to,
        }
    }
}

/// Left and right ends of columns, and of the room for bends right of each.
struct Columns {
    left: Vec<i32>,
    right: Vec<i32>,
    bends: Vec<(i32, i32)>,
}

/// Draws a part that hangs together.
pub(super) fn draw(proper: &Proper, slots: &Slots, y: &[i32], links: &[Link]) -> Layout {
    let columns = columns(proper, slots, y, links);
    let place = |(node, height): (usize, &i32)| {
        let column = proper.items[node].column;
        Rect { x: columns.left[column], y: y[node] - height / 2, width: slots.widths[column], height: *height }
    };
    let nodes: Vec<Rect> = slots.heights.iter().enumerate().map(place).collect();
    let chains = proper.chains.iter().map(|chain| (chain.arc.link, line(chain, proper, slots, y, &columns, links)));
    let loops = slots.loops.iter().zip(&nodes).flat_map(|(loops, place)| {
        loops.iter().enumerate().map(|(nth, (link, width))| (*link, around(*place, nth as i32, *width, links[*link].label)))
    });
    let mut routes: Vec<(usize, Route)> = chains.chain(loops).collect();
    routes.sort_by_key(|(link, _)| *link);
    let bottom = (0..proper.items.len()).map(|item| y[item] + slots.extent(item).1).max().unwrap_or(0);
    let size = Size { width: columns.right.last().copied().unwrap_or(0), height: bottom };
    Layout { size, nodes, routes: routes.into_iter().map(|(_, route)| route).collect() }
}

fn columns(proper: &Proper, slots: &Slots, y: &[i32], links: &[Link]) -> Columns {
    let count = proper.columns.len();
    let mut room = vec![(STUB, STUB, BENDS.0); count];
    for (index, span) in proper.spans.iter().enumerate() {
        let (before, after, bends) = &mut room[proper.items[span.from].column];
        let chain = &proper.chains[span.chain];
        let needed = match links[chain.arc.link].label {
            0 => HEAD + STUB,
            label => HEAD + STUB + label + 2 * LABEL_INSET,
        };
        if chain.arc.reversed && index == chain.first {
            *before = needed.max(*before);
        } else if !chain.arc.reversed && index == chain.last {
            *after = needed.max(*after);
        }
        // A steep line is hard to follow.
        let rise = (y[span.to] + slots.ends[index] - y[span.from] - slots.begins[index]).abs();
        *bends = (rise / 3).clamp(*bends, BENDS.1);
    }
    let mut columns = Columns { left: Vec::new(), right: Vec::new(), bends: Vec::new() };
    let mut x = 0;
    for ((before, after, bends), width) in room.into_iter().zip(&slots.widths) {
        columns.left.push(x);
        columns.right.push(x + width);
        columns.bends.push((x + width + before, x + width + before + bends));
        x += width + before + bends + after;
    }
    columns
}

/// An arc from left to right; where its link goes to the left, the head is at its beginning.
fn line(chain: &Chain, proper: &Proper, slots: &Slots, y: &[i32], columns: &Columns, links: &[Link]) -> Route {
    let begin = |span: usize| y[proper.spans[span].from] + slots.begins[span];
    let end = |span: usize| y[proper.spans[span].to] + slots.ends[span];
    let left = Point { x: columns.right[proper.items[chain.arc.tail].column], y: begin(chain.first) };
    let right = Point { x: columns.left[proper.items[chain.arc.head].column], y: end(chain.last) };
    let mut turns = vec![left];
    for span in chain.first..=chain.last {
        let (from, to) = columns.bends[proper.items[proper.spans[span].from].column];
        turns.extend([Point { x: from, y: begin(span) }, Point { x: to, y: end(span) }]);
    }
    turns.push(right);
    let reversed = chain.arc.reversed;
    if reversed {
        turns.reverse();
    }
    let towards = Point { x: if reversed { -HEAD } else { HEAD }, y: 0 };
    let tip = if reversed { left } else { right };
    if let Some(last) = turns.last_mut() {
        last.x -= towards.x;
    }
    let label = Some(links[chain.arc.link].label).filter(|label| *label > 0).map(|label| {
        let width = label + 2 * LABEL_INSET;
        let x = if reversed { tip.x + HEAD + 2 } else { tip.x - HEAD - 2 - width };
        Rect { x, y: tip.y - LABEL / 2, width, height: LABEL }
    });
    Route { start: turns[0], pieces: pieces(&turns), tip, towards, label }
}

/// The pieces between turns; what is level in a row is one piece.
fn pieces(turns: &[Point]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for pair in turns.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        if from.y != to.y {
            pieces.push(Piece::Curve(to));
        } else if let Some(Piece::Line(end)) = pieces.last_mut() {
            *end = to;
        } else {
            pieces.push(Piece::Line(to));
        }
    }
    pieces
}

/// A loop above a box, the `nth` from within.
fn around(place: Rect, nth: i32, width: i32, label: i32) -> Route {
    let (left, right) = (place.x + (place.width - width) / 2, place.x + (place.width + width) / 2);
    let top = place.y - FIRST_LOOP - nth * NEXT_LOOP;
    let tip = Point { x: left, y: place.y };
    let radius = 5;
    let pieces = vec![
        Piece::Line(Point { x: right, y: top + radius }),
        Piece::Corner(Point { x: right, y: top }, Point { x: right - radius, y: top }),
        Piece::Line(Point { x: left + radius, y: top }),
        Piece::Corner(Point { x: left, y: top }, Point { x: left, y: top + radius }),
        Piece::Line(Point { x: left, y: tip.y - HEAD }),
    ];
    let label = (label > 0).then(|| {
        let width = label + 2 * LABEL_INSET;
        Rect { x: place.x + (place.width - width) / 2, y: top - LABEL / 2, width, height: LABEL }
    });
    Route { start: Point { x: right, y: place.y }, pieces, tip, towards: Point { x: 0, y: HEAD }, label }
}

impl Route {
    pub(super) fn moved(&self, by: Point) -> Self {
        let piece = |piece: &Piece| match piece {
            Piece::Line(to) => Piece::Line(to.moved(by)),
            Piece::Curve(to) => Piece::Curve(to.moved(by)),
            Piece::Corner(corner, to) => Piece::Corner(corner.moved(by), to.moved(by)),
        };
        Self {
            start: self.start.moved(by),
            pieces: self.pieces.iter().map(piece).collect(),
            tip: self.tip.moved(by),
            towards: self.towards,
            label: self.label.map(|label| label.moved(by)),
        }
    }
}
