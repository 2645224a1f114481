//! Parts put onto one canvas.

use super::part::Part;
use super::{Layout, MARGIN, Point, Rect, Route, Size};

/// Between lone nodes.
const GAP: i32 = 20;

/// What was placed so far, by the indices of the whole graph.
pub(super) struct Canvas {
    nodes: Vec<Option<Rect>>,
    routes: Vec<Option<Route>>,
}

impl Canvas {
    pub(super) fn new(nodes: usize, links: usize) -> Self {
        Self { nodes: vec![None; nodes], routes: vec![None; links] }
    }

    /// Puts the picture of a part down.
    pub(super) fn add(&mut self, part: &Part, drawn: &Layout, at: Point) {
        for (node, place) in part.nodes.iter().zip(&drawn.nodes) {
            self.nodes[*node] = Some(place.moved(at));
        }
        for (link, route) in part.links.iter().zip(&drawn.routes) {
            self.routes[*link] = Some(route.moved(at));
        }
    }

    /// Puts nodes without links into rows from `top` on; tells how far right they go and how high they stand.
    pub(super) fn shelve(&mut self, sizes: &[Size], nodes: &[usize], top: i32, right: i32) -> (i32, i32) {
        let (mut x, mut y, mut row, mut widest) = (MARGIN, top, 0, 0);
        for node in nodes {
            let Size { width, height } = sizes[*node];
            if x > MARGIN && x + width > right {
                (x, y, row) = (MARGIN, y + row + GAP, 0);
            }
            let place = Rect { x, y, width, height };
            self.nodes[*node] = Some(place);
            widest = widest.max(place.right());
            (x, row) = (place.right() + GAP, row.max(height));
        }
        (widest, y + row - top)
    }

    /// All of it: parts and lone nodes are the whole graph.
    pub(super) fn finish(self, size: Size) -> Layout {
        Layout { size, nodes: self.nodes.into_iter().flatten().collect(), routes: self.routes.into_iter().flatten().collect() }
    }
}
