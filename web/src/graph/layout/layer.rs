//! A column for each node, so that every arc goes to the right.

use super::acyclic::Arc;

/// The column of each node: as far left as its callers allow, then nearer to its callees where that shortens more arcs
/// than it stretches. Whom nobody else calls, and who calls nobody, goes along with its caller: one more of them never
/// moves another node.
pub(super) fn columns(count: usize, arcs: &[Arc]) -> Vec<usize> {
    let (mut out, mut waits) = (vec![Vec::new(); count], vec![0_usize; count]);
    for arc in arcs {
        out[arc.tail].push(arc.head);
        waits[arc.head] += 1;
    }
    let into = waits.clone();
    let mut columns = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|node| waits[*node] == 0).collect();
    let mut next = 0;
    while let Some(node) = ready.get(next).copied() {
        next += 1;
        for head in &out[node] {
            columns[*head] = columns[*head].max(columns[node] + 1);
            waits[*head] -= 1;
            if waits[*head] == 0 {
                ready.push(*head);
            }
        }
    }
    let follows = |node: usize| out[node].is_empty() && into[node] == 1;
    // Callees first: a caller moves up to where they went.
    for node in ready.into_iter().rev() {
        let others = || out[node].iter().filter(|head| !follows(**head));
        if others().count() > into[node] {
            columns[node] = others().map(|head| columns[*head] - 1).min().unwrap_or(columns[node]);
        }
    }
    for arc in arcs.iter().filter(|arc| follows(arc.head)) {
        columns[arc.head] = columns[arc.tail] + 1;
    }
    columns
}
