//! Parts of a graph that do not hang together, each laid out as if it were alone.

use super::{Layout, Link, Size, acyclic, layer, order, proper::Proper, route, slots::Slots, vertical};

/// Nodes and links that hang together, by their indices in the whole graph, ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) nodes: Vec<usize>,
    pub(super) links: Vec<usize>,
}

/// The parts with links, by their first node, and the nodes without any.
pub(super) fn parts(count: usize, links: &[Link]) -> (Vec<Part>, Vec<usize>) {
    let mut parent: Vec<usize> = (0..count).collect();
    for link in links {
        let (one, other) = (root(&mut parent, link.from), root(&mut parent, link.to));
        // The least index names a part.
        parent[one.max(other)] = one.min(other);
    }
    let mut parts = vec![Part::default(); count];
    for node in 0..count {
        parts[root(&mut parent, node)].nodes.push(node);
    }
    for (index, link) in links.iter().enumerate() {
        parts[root(&mut parent, link.from)].links.push(index);
    }
    let alone = parts.iter().filter(|part| part.links.is_empty()).flat_map(|part| part.nodes.clone()).collect();
    (parts.into_iter().filter(|part| !part.links.is_empty()).collect(), alone)
}

fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

impl Part {
    /// Its own picture, which begins at 0, 0.
    pub(super) fn draw(&self, nodes: &[Size], links: &[Link]) -> Layout {
        let sizes: Vec<Size> = self.nodes.iter().map(|node| nodes[*node]).collect();
        // Ascending indices keep the order of ties.
        let local = |node: usize| self.nodes.partition_point(|known| *known < node);
        let own = self.links.iter().map(|link| links[*link]);
        let own: Vec<Link> = own.map(|link| Link { from: local(link.from), to: local(link.to), ..link }).collect();
        let arcs = acyclic::arcs(sizes.len(), &own);
        let columns = layer::columns(sizes.len(), &arcs);
        let mut proper = Proper::new(&columns, &arcs);
        order::order(&mut proper);
        let slots = Slots::new(&proper, &sizes, &own);
        let heights = vertical::heights(&proper, &slots);
        route::draw(&proper, &slots, &heights, &own)
    }
}
