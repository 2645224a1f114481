//! Edges turned around until there is no cycle.

use super::Link;

/// An edge that goes to the right. Loops are none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    /// Its left end.
    pub(super) tail: usize,
    /// Its right end.
    pub(super) head: usize,
    /// The link that it stands for.
    pub(super) link: usize,
    /// Whether the link goes to the left.
    pub(super) reversed: bool,
}

/// The links as arcs of a graph without cycles.
///
/// Links are turned around only among nodes that can all reach each other, a knot. Its nodes are ordered by their distance
/// from one of them, from that one with which the fewest links go back; so that what enters a cycle stands left of it, and
/// a knot of many nodes does not become a chain of as many columns. Weak links then go to the right where they can.
pub(super) fn arcs(count: usize, links: &[Link]) -> Vec<Arc> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    for link in strong(links) {
        out[link.from].push(link.to);
    }
    let reached: Vec<Vec<bool>> = (0..count).map(|node| distances(node, &out).iter().map(Option::is_some).collect()).collect();
    let mut ranks = vec![0; count];
    let mut ranked = vec![false; count];
    for node in 0..count {
        let knot: Vec<usize> = (node..count).filter(|other| reached[node][*other] && reached[*other][node]).collect();
        if !ranked[node] && knot.len() > 1 {
            rank(&knot, links, &mut ranks);
        }
        knot.iter().for_each(|node| ranked[*node] = true);
    }
    let knotted = |link: &Link| reached[link.to][link.from];
    let mut reversed: Vec<bool> = links.iter().map(|link| knotted(link) && ranks[link.to] < ranks[link.from]).collect();
    let mut ways: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (link, reversed) in links.iter().zip(&reversed).filter(|(link, _)| !link.weak && link.from != link.to) {
        let (tail, head) = if *reversed { (link.to, link.from) } else { (link.from, link.to) };
        ways[tail].push(head);
    }
    for (index, link) in links.iter().enumerate().filter(|(_, link)| link.weak && link.from != link.to) {
        reversed[index] = distances(link.to, &ways)[link.from].is_some();
        let (tail, head) = if reversed[index] { (link.to, link.from) } else { (link.from, link.to) };
        ways[tail].push(head);
    }
    let arc = |(link, (ends, reversed)): (usize, (&Link, bool))| {
        let (tail, head) = if reversed { (ends.to, ends.from) } else { (ends.from, ends.to) };
        (tail != head).then_some(Arc { tail, head, link, reversed })
    };
    links.iter().zip(reversed).enumerate().filter_map(arc).collect()
}

fn strong(links: &[Link]) -> impl Iterator<Item = &Link> {
    links.iter().filter(|link| !link.weak && link.from != link.to)
}

/// How many steps each node is away; `None`: it cannot be reached.
fn distances(start: usize, out: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut distances = vec![None; out.len()];
    distances[start] = Some(0);
    let mut met = vec![start];
    let mut next = 0;
    while let Some(node) = met.get(next).copied() {
        next += 1;
        for head in &out[node] {
            if distances[*head].is_none() {
                distances[*head] = distances[node].map(|steps| steps + 1);
                met.push(*head);
            }
        }
    }
    distances
}

/// Ranks the nodes of a knot from left to right.
fn rank(knot: &[usize], links: &[Link], ranks: &mut [usize]) {
    let local = |node: usize| knot.binary_search(&node).ok();
    let mut out = vec![Vec::new(); knot.len()];
    let mut entered = vec![false; knot.len()];
    for link in strong(links) {
        match (local(link.from), local(link.to)) {
            (Some(from), Some(to)) => out[from].push(to),
            (None, Some(to)) => entered[to] = true,
            _ => {}
        }
    }
    let order = |start: usize| {
        let steps = distances(start, &out);
        let mut order: Vec<usize> = (0..knot.len()).collect();
        order.sort_by_key(|node| (steps[*node], *node));
        let mut ranks = vec![0; knot.len()];
        order.into_iter().enumerate().for_each(|(rank, node)| ranks[node] = rank);
        ranks
    };
    let back = |ranks: &[usize]| {
        out.iter().enumerate().map(|(from, heads)| heads.iter().filter(|to| ranks[**to] < ranks[from]).count()).sum::<usize>()
    };
    let best = (0..knot.len()).map(|start| (start, order(start))).min_by_key(|(start, ranks)| (back(ranks), !entered[*start], *start));
    for (node, rank) in knot.iter().zip(best.map(|(_, ranks)| ranks).unwrap_or_default()) {
        ranks[*node] = rank;
    }
}
