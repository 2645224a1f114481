//! Where boxes and lines stand: layers from left to right, callers left of callees.
//!
//! The method is Sugiyama's, in a file per step: [`acyclic`] turns edges around until there is no cycle, [`layer`] gives
//! each node a column, [`proper`] cuts long edges into spans from column to column, [`order`] orders each column so that few
//! spans cross, [`vertical`] finds heights, and [`route`] draws. Ties are decided by index everywhere, and parts that do not
//! hang together are laid out apart, so that a change in one leaves the others as they are.

mod acyclic;
mod crossing;
mod layer;
mod order;
mod part;
mod place;
mod proper;
mod route;
mod slots;
mod vertical;

#[cfg(test)]
mod tests;

pub(super) use route::{HEAD, Piece, Route};

/// Around the picture, and between parts.
const MARGIN: i32 = 16;
/// Between parts that do not hang together.
const PART_GAP: i32 = 28;
/// How wide a row of lone nodes gets, where nothing else is wider.
const SHELF: i32 = 900;

/// Width and height in units of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::graph) struct Size {
    pub(in crate::graph) width: i32,
    pub(in crate::graph) height: i32,
}

/// A point; `y` grows downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graph) struct Point {
    pub(in crate::graph) x: i32,
    pub(in crate::graph) y: i32,
}

/// A box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graph) struct Rect {
    pub(in crate::graph) x: i32,
    pub(in crate::graph) y: i32,
    pub(in crate::graph) width: i32,
    pub(in crate::graph) height: i32,
}

/// An edge to be drawn.
#[derive(Clone, Copy, Debug)]
pub(in crate::graph) struct Link {
    /// Indices of nodes.
    pub(in crate::graph) from: usize,
    pub(in crate::graph) to: usize,
    /// How wide the text at its end is; 0: there is none.
    pub(in crate::graph) label: i32,
    /// It goes to the right where that fits the others.
    pub(in crate::graph) weak: bool,
}

/// Where all of it stands; boxes by node, routes by edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::graph) struct Layout {
    pub(in crate::graph) size: Size,
    pub(in crate::graph) nodes: Vec<Rect>,
    pub(in crate::graph) routes: Vec<Route>,
}

/// Lays out a graph of nodes with these sizes. The same input gives the same output.
pub(in crate::graph) fn layout(nodes: &[Size], links: &[Link]) -> Layout {
    let (parts, alone) = part::parts(nodes.len(), links);
    let mut placed = place::Canvas::new(nodes.len(), links.len());
    let mut y = MARGIN;
    let mut right = MARGIN;
    for part in &parts {
        let drawn = part.draw(nodes, links);
        right = right.max(MARGIN + drawn.size.width);
        placed.add(part, &drawn, Point { x: MARGIN, y });
        y += drawn.size.height + PART_GAP;
    }
    let (width, height) = placed.shelve(nodes, &alone, y, right.max(SHELF));
    let bottom = if height > 0 { y + height } else { (y - PART_GAP).max(MARGIN) };
    placed.finish(Size { width: right.max(width) + MARGIN, height: bottom + MARGIN })
}

impl Rect {
    pub(in crate::graph) fn right(&self) -> i32 {
        self.x + self.width
    }

    pub(in crate::graph) fn bottom(&self) -> i32 {
        self.y + self.height
    }

    fn moved(self, by: Point) -> Self {
        Self { x: self.x + by.x, y: self.y + by.y, ..self }
    }
}

impl Point {
    fn moved(self, by: Self) -> Self {
        Self { x: self.x + by.x, y: self.y + by.y }
    }
}
