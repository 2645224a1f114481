//! How high each item stands: near its neighbours in the next columns, in the order of its column, and never too close.

use std::collections::BTreeMap;

use super::proper::Proper;
use super::slots::Slots;

/// Sweeps there and back; then nothing moves that an eye would see.
const ROUNDS: usize = 10;
/// Passes that make lines straight which nearly are.
const STRAIGHTEN: usize = 4;

/// Which neighbours pull.
#[derive(Clone, Copy)]
enum Pull {
    Left,
    Right,
    Both,
}

/// The middle of each item; the first begins at 0.
pub(super) fn heights(proper: &Proper, slots: &Slots) -> Vec<i32> {
    let mut y = vec![0.0; proper.items.len()];
    for column in &proper.columns {
        level(column, slots, &mut y, &vec![(0.0, 1.0); column.len()]);
    }
    let count = proper.columns.len();
    for round in 0..ROUNDS {
        let (there, back) = if round + 2 < ROUNDS { (Pull::Left, Pull::Right) } else { (Pull::Both, Pull::Both) };
        for column in 1..count {
            pull(proper, slots, column, there, &mut y);
        }
        for column in (0..count - 1).rev() {
            pull(proper, slots, column, back, &mut y);
        }
    }
    let mut y = settle(proper, slots, &y);
    for _ in 0..STRAIGHTEN {
        for column in (0..count).chain((0..count).rev()) {
            straighten(proper, slots, column, &mut y);
        }
    }
    let top = (0..y.len()).map(|item| y[item] + slots.extent(item).0).min().unwrap_or(0);
    y.into_iter().map(|middle| middle - top).collect()
}

/// How much a span wants to be level: a bend in mid-air looks worse than one at a box.
fn stiffness(proper: &Proper, span: usize) -> i32 {
    let span = proper.spans[span];
    match (proper.items[span.from].bend, proper.items[span.to].bend) {
        (true, true) => 8,
        (false, false) => 1,
        _ => 2,
    }
}

/// Where an item would stand if one of its spans were level: the item at the span's other end, how far below that one's
/// middle, and how stiff the span is.
fn wishes(proper: &Proper, slots: &Slots, item: usize, side: Pull) -> impl Iterator<Item = (usize, i32, i32)> {
    let own = &proper.items[item];
    let (left, right): (&[usize], &[usize]) = match side {
        Pull::Left => (&own.left, &[]),
        Pull::Right => (&[], &own.right),
        Pull::Both => (&own.left, &own.right),
    };
    let from_left = |span: &usize| (proper.spans[*span].from, slots.begins[*span] - slots.ends[*span], stiffness(proper, *span));
    let from_right = |span: &usize| (proper.spans[*span].to, slots.ends[*span] - slots.begins[*span], stiffness(proper, *span));
    left.iter().map(from_left).chain(right.iter().map(from_right))
}

fn pull(proper: &Proper, slots: &Slots, column: usize, side: Pull, y: &mut [f64]) {
    let wanted = |item: &usize| {
        let (mut sum, mut weight) = (0.0, 0.0);
        for (other, offset, stiff) in wishes(proper, slots, *item, side) {
            sum += (y[other] + f64::from(offset)) * f64::from(stiff);
            weight += f64::from(stiff);
        }
        // Whom nobody pulls stays, but gives way.
        if weight > 0.0 { (sum / weight, weight) } else { (y[*item], 0.1) }
    };
    let wanted: Vec<(f64, f64)> = proper.columns[column].iter().map(wanted).collect();
    level(&proper.columns[column], slots, y, &wanted);
}

/// Puts the items of a column as near to where they want to be, by their weights, as their order and distances allow: least
/// squares, by pooling neighbours that want to pass each other.
fn level(column: &[usize], slots: &Slots, y: &mut [f64], wanted: &[(f64, f64)]) {
    let mut offsets = Vec::with_capacity(column.len());
    let mut offset = 0.0;
    for (rank, item) in column.iter().enumerate() {
        if rank > 0 {
            offset += f64::from(slots.distance(column[rank - 1], *item));
        }
        offsets.push(offset);
    }
    // Pools of the mean, the weight and the number of items; their means ascend.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for ((wanted, weight), offset) in wanted.iter().zip(&offsets) {
        let mut pool = (wanted - offset, *weight, 1);
        while let Some(last) = pools.pop_if(|last| last.0 >= pool.0) {
            let weight = last.1 + pool.1;
            pool = ((last.0 * last.1 + pool.0 * pool.1) / weight, weight, last.2 + pool.2);
        }
        pools.push(pool);
    }
    let means = pools.into_iter().flat_map(|(mean, _, count)| std::iter::repeat_n(mean, count));
    for ((item, offset), mean) in column.iter().zip(&offsets).zip(means) {
        y[*item] = mean + offset;
    }
}

/// Whole numbers, still in order and far enough apart.
fn settle(proper: &Proper, slots: &Slots, y: &[f64]) -> Vec<i32> {
    let mut settled = vec![0; y.len()];
    for column in &proper.columns {
        let mut before: Option<usize> = None;
        for item in column {
            let wanted = y[*item].round() as i32;
            settled[*item] = before.map_or(wanted, |upper| wanted.max(settled[upper] + slots.distance(upper, *item)));
            before = Some(*item);
        }
    }
    settled
}

/// Moves items where more of their spans are level, as far as their neighbours leave room.
fn straighten(proper: &Proper, slots: &Slots, column: usize, y: &mut [i32]) {
    let items = &proper.columns[column];
    for (rank, item) in items.iter().enumerate() {
        let least = rank.checked_sub(1).map_or(i32::MIN, |upper| y[items[upper]] + slots.distance(items[upper], *item));
        let most = items.get(rank + 1).map_or(i32::MAX, |lower| y[*lower] - slots.distance(*item, *lower));
        let mut levels: BTreeMap<i32, i32> = BTreeMap::from([(y[*item], 0)]);
        for (other, offset, stiff) in wishes(proper, slots, *item, Pull::Both) {
            *levels.entry(y[other] + offset).or_default() += stiff;
        }
        let now = y[*item];
        let best = levels.into_iter().filter(|(level, _)| (least..=most).contains(level));
        // Of several the nearest, of two as near the upper one.
        let best = best.max_by_key(|(level, stiff)| (*stiff, std::cmp::Reverse(level.abs_diff(now)), std::cmp::Reverse(*level)));
        y[*item] = best.map_or(now, |(level, _)| level);
    }
}
