//! Where lines touch boxes, and how much room that takes: no two lines end at one point, and a text at an end has a line
//! to itself.

use super::proper::{Chain, Proper};
use super::{Link, Size};

/// From one line to the next at a box.
const PLAIN: i32 = 9;
/// The same, where a text stands at one of them.
const LABELLED: i32 = 19;
/// Between the outermost line and the corner.
const CORNER: i32 = 7;
/// How much further apart lines stand where there is room.
const SPREAD: i32 = 7;
/// Around bends, to either side.
const BEND: i32 = 3;
/// From a node to the next.
const NODE_GAP: i32 = 20;
/// From a bend to anything.
const BEND_GAP: i32 = 6;
/// From the box to the innermost loop.
pub(super) const FIRST_LOOP: i32 = 16;
/// From one loop to the next.
pub(super) const NEXT_LOOP: i32 = 19;

/// The room of items, and the ends of spans.
pub(super) struct Slots {
    /// Of the boxes by node.
    pub(super) heights: Vec<i32>,
    /// Of columns.
    pub(super) widths: Vec<i32>,
    /// Loops of each node, the innermost first: the link, and how wide it is.
    pub(super) loops: Vec<Vec<(usize, i32)>>,
    /// Where each span begins and ends, below the middle of its items.
    pub(super) begins: Vec<i32>,
    pub(super) ends: Vec<i32>,
    /// Room above and below the middle of each item.
    above: Vec<i32>,
    below: Vec<i32>,
    bends: Vec<bool>,
}

/// Whether a text stands at the left end of a span, and at its right end.
fn labelled(chain: &Chain, span: usize, links: &[Link]) -> (bool, bool) {
    let has = links[chain.arc.link].label > 0;
    (has && chain.arc.reversed && span == chain.first, has && !chain.arc.reversed && span == chain.last)
}

impl Slots {
    pub(super) fn new(proper: &Proper, sizes: &[Size], links: &[Link]) -> Self {
        let loops: Vec<Vec<(usize, i32)>> = (0..sizes.len()).map(|node| loops(node, links)).collect();
        let (mut begins, mut ends) = (vec![0; proper.spans.len()], vec![0; proper.spans.len()]);
        let mut heights: Vec<i32> = sizes.iter().map(|size| size.height).collect();
        let ranks = proper.ranks();
        for (index, item) in proper.items.iter().enumerate().filter(|(_, item)| !item.bend) {
            let side = |spans: &[usize], left: bool| {
                let rank = |span: usize| ranks[if left { proper.spans[span].from } else { proper.spans[span].to }];
                let mut order = spans.to_vec();
                order.sort_by_key(|span| (rank(*span), *span));
                let text = |span: usize| labelled(&proper.chains[proper.spans[span].chain], span, links);
                let slot = |span: usize| if (left && text(span).1) || (!left && text(span).0) { LABELLED } else { PLAIN };
                order.into_iter().map(|span| (span, slot(span))).collect::<Vec<_>>()
            };
            let (left, right) = (side(&item.left, true), side(&item.right, false));
            let need = |side: &[(usize, i32)]| side.iter().map(|(_, slot)| slot).sum::<i32>() + 2 * CORNER;
            heights[index] = heights[index].max(need(&left)).max(need(&right));
            for (side, offsets) in [(&left, &mut ends), (&right, &mut begins)] {
                let spread = (heights[index] - need(side)) / side.len().max(1) as i32;
                stack(side, spread.min(SPREAD), offsets);
            }
        }
        let crown = |node: usize| match loops[node].len() as i32 {
            0 => 0,
            count => FIRST_LOOP + (count - 1) * NEXT_LOOP + LABELLED / 2 + 1,
        };
        let room = |index: usize, half: i32| if index < heights.len() { half } else { BEND };
        let count = proper.items.len();
        let above = (0..count).map(|item| room(item, heights.get(item).map_or(0, |height| height / 2 + crown(item)))).collect();
        let below = (0..count).map(|item| room(item, heights.get(item).map_or(0, |height| height - height / 2))).collect();
        let width = |node: usize| sizes[node].width.max(loops[node].last().map_or(0, |(_, width)| width + 2 * PLAIN));
        let widths = proper
            .columns
            .iter()
            .map(|column| column.iter().filter(|item| **item < sizes.len()).map(|node| width(*node)).max().unwrap_or(0));
        let widths = widths.collect();
        let bends = proper.items.iter().map(|item| item.bend).collect();
        Self { heights, widths, loops, begins, ends, above, below, bends }
    }

    /// How far the middles of two neighbours of a column must be apart.
    pub(super) fn distance(&self, upper: usize, lower: usize) -> i32 {
        let gap = if self.bends[upper] || self.bends[lower] { BEND_GAP } else { NODE_GAP };
        self.below[upper] + gap + self.above[lower]
    }

    /// Where an item begins and ends, its middle being at 0.
    pub(super) fn extent(&self, item: usize) -> (i32, i32) {
        (-self.above[item], self.below[item])
    }
}

/// Puts lines below each other, around the middle.
fn stack(side: &[(usize, i32)], spread: i32, offsets: &mut [i32]) {
    let total: i32 = side.iter().map(|(_, slot)| slot + spread).sum();
    let mut top = -total / 2;
    for (span, slot) in side {
        offsets[*span] = top + (slot + spread) / 2;
        top += slot + spread;
    }
}

/// The loops of a node: each spans its text and the loops within.
fn loops(node: usize, links: &[Link]) -> Vec<(usize, i32)> {
    let mut within = 0;
    let own = links.iter().enumerate().filter(|(_, link)| link.from == node && link.to == node);
    let wide = own.map(|(index, link)| {
        within = (link.label + 40).max(within + 2 * PLAIN);
        (index, within)
    });
    wide.collect()
}
