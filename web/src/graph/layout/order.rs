//! The order of each column, so that few spans cross: every item moves to the middle of its neighbours, column by column to
//! the right and back, and neighbours in a column change places where that helps.

use super::crossing;
use super::proper::Proper;

/// There and back at most so often; what is not found by then is not worth the time.
const ROUNDS: usize = 8;
/// Rounds without a better order before it stops.
const IDLE: usize = 2;

/// Orders all columns. An order without a crossing is left as it is.
pub(super) fn order(proper: &mut Proper) {
    let mut best = proper.columns.clone();
    let mut least = crossing::count(proper);
    let mut idle = 0;
    for _ in 0..ROUNDS {
        if least == 0 || idle == IDLE {
            break;
        }
        let last = proper.columns.len() - 1;
        let mut places = places(proper);
        for column in 1..=last {
            sort(proper, column, &mut places, true);
        }
        for column in (0..last).rev() {
            sort(proper, column, &mut places, false);
        }
        let mut ranks = proper.ranks();
        for column in 0..=last {
            exchange(proper, column, &mut ranks);
        }
        let now = crossing::count(proper);
        idle += 1;
        if now < least {
            (least, idle) = (now, 0);
            best.clone_from(&proper.columns);
        }
    }
    proper.columns = best;
}

/// Where each item stands in its column: from 0 at the top to 1, so that columns of different lengths compare.
fn places(proper: &Proper) -> Vec<f64> {
    let mut places = vec![0.0; proper.items.len()];
    for column in &proper.columns {
        settle(column, &mut places);
    }
    places
}

fn settle(column: &[usize], places: &mut [f64]) {
    for (rank, item) in column.iter().enumerate() {
        places[*item] = (rank as f64 + 0.5) / column.len() as f64;
    }
}

/// Sorts a column by the means of the neighbours to the left, or to the right; items without any stay about where they are.
fn sort(proper: &mut Proper, column: usize, places: &mut [f64], by_left: bool) {
    let mean = |index: usize| {
        let item = &proper.items[index];
        let spans = if by_left { &item.left } else { &item.right };
        let neighbours = spans.iter().map(|span| places[if by_left { proper.spans[*span].from } else { proper.spans[*span].to }]);
        if spans.is_empty() { places[index] } else { neighbours.sum::<f64>() / spans.len() as f64 }
    };
    let mut keyed: Vec<(f64, usize)> = proper.columns[column].iter().map(|item| (mean(*item), *item)).collect();
    keyed.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let sorted: Vec<usize> = keyed.into_iter().map(|(_, item)| item).collect();
    settle(&sorted, places);
    proper.columns[column] = sorted;
}

/// Lets items change places with the one below where fewer spans cross then, until none does.
fn exchange(proper: &mut Proper, column: usize, ranks: &mut [usize]) {
    let mut items = proper.columns[column].clone();
    let near = |item: &usize| {
        let item = &proper.items[*item];
        let mut left: Vec<usize> = item.left.iter().map(|span| ranks[proper.spans[*span].from]).collect();
        let mut right: Vec<usize> = item.right.iter().map(|span| ranks[proper.spans[*span].to]).collect();
        left.sort_unstable();
        right.sort_unstable();
        [left, right]
    };
    let mut neighbours: Vec<[Vec<usize>; 2]> = items.iter().map(near).collect();
    let crossed = |above: &[Vec<usize>; 2], below: &[Vec<usize>; 2]| -> u64 {
        above.iter().zip(below).map(|(above, below)| crossing::between(above, below)).sum()
    };
    // Each pass that changes anything has fewer crossings than the one before; the bound is for time alone.
    for _ in 0..4 {
        let mut changed = false;
        for upper in 0..items.len().saturating_sub(1) {
            let (above, below) = (&neighbours[upper], &neighbours[upper + 1]);
            if crossed(below, above) < crossed(above, below) {
                items.swap(upper, upper + 1);
                neighbours.swap(upper, upper + 1);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    items.iter().enumerate().for_each(|(rank, item)| ranks[*item] = rank);
    proper.columns[column] = items;
}
