//! The graph cut into columns: long arcs become chains of spans, each from one column to the next.

use super::acyclic::Arc;

/// Columns of items and the spans between them.
#[derive(Clone, Debug)]
pub(super) struct Proper {
    /// The nodes by index, then the bends of long arcs.
    pub(super) items: Vec<Item>,
    /// Items from top to bottom.
    pub(super) columns: Vec<Vec<usize>>,
    /// From left to right in each chain.
    pub(super) spans: Vec<Span>,
    /// The spans of each arc.
    pub(super) chains: Vec<Chain>,
}

/// A node, or a place where a long arc passes a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) column: usize,
    /// Spans that come from the left, and that go to the right.
    pub(super) left: Vec<usize>,
    pub(super) right: Vec<usize>,
    /// Whether it is a bend.
    pub(super) bend: bool,
}

/// A part of an arc, from one column to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Items.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Into [`Proper::chains`].
    pub(super) chain: usize,
}

/// An arc as a range of spans.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) arc: Arc,
}

impl Proper {
    /// Cuts the arcs. Items stand in their columns by index.
    pub(super) fn new(columns: &[usize], arcs: &[Arc]) -> Self {
        let items = columns.iter().map(|column| Item { column: *column, ..Item::default() }).collect();
        let count = columns.iter().max().map_or(0, |last| last + 1);
        let mut proper = Self { items, columns: vec![Vec::new(); count], spans: Vec::new(), chains: Vec::new() };
        for arc in arcs {
            proper.cut(arc);
        }
        for (index, item) in proper.items.iter().enumerate() {
            proper.columns[item.column].push(index);
        }
        proper
    }

    fn cut(&mut self, arc: &Arc) {
        let first = self.spans.len();
        let mut from = arc.tail;
        for column in self.items[arc.tail].column + 1..=self.items[arc.head].column {
            let to = if column == self.items[arc.head].column {
                arc.head
            } else {
                self.items.push(Item { column, bend: true, ..Item::default() });
                self.items.len() - 1
            };
            let span = self.spans.len();
            self.spans.push(Span { from, to, chain: self.chains.len() });
            self.items[from].right.push(span);
            self.items[to].left.push(span);
            from = to;
        }
        self.chains.push(Chain { first, last: self.spans.len() - 1, arc: *arc });
    }

    /// Where each item stands in its column, from the top.
    pub(super) fn ranks(&self) -> Vec<usize> {
        let mut ranks = vec![0; self.items.len()];
        for column in &self.columns {
            for (rank, item) in column.iter().enumerate() {
                ranks[*item] = rank;
            }
        }
        ranks
    }
}
