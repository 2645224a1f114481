//! How often spans cross.

use super::proper::Proper;

/// How many pairs of spans cross, all columns together.
pub(super) fn count(proper: &Proper) -> u64 {
    let ranks = proper.ranks();
    let of_column = |column: &Vec<usize>| {
        let mut ends: Vec<usize> = Vec::new();
        for item in column {
            let mut own: Vec<usize> = proper.items[*item].right.iter().map(|span| ranks[proper.spans[*span].to]).collect();
            own.sort_unstable();
            ends.extend(own);
        }
        inversions(&ends)
    };
    proper.columns.iter().map(of_column).sum()
}

/// How many pairs stand in the wrong order.
fn inversions(values: &[usize]) -> u64 {
    // A Fenwick tree: how many of the values so far lie in ranges whose lengths are powers of two.
    let mut tree = vec![0_u64; values.iter().max().map_or(0, |most| most + 2)];
    let mut total = 0;
    for (seen, value) in values.iter().enumerate() {
        let mut not_above = 0;
        let mut at = value + 1;
        while at > 0 {
            not_above += tree[at];
            at &= at - 1;
        }
        total += seen as u64 - not_above;
        let mut at = value + 1;
        while at < tree.len() {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    total
}

/// How many spans of two items cross if the one stands above the other: `above` and `below` are the ranks of their
/// neighbours in one column, ascending.
pub(super) fn between(above: &[usize], below: &[usize]) -> u64 {
    let mut passed = 0;
    let mut total = 0;
    for rank in above {
        while below.get(passed).is_some_and(|other| other < rank) {
            passed += 1;
        }
        total += passed as u64;
    }
    total
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counting_is_comparing_all_pairs(values in prop::collection::vec(0_usize..20, 0..40), mut other in prop::collection::vec(0_usize..20, 0..10)) {
            let pairs = |one: &[usize]| (0..one.len()).flat_map(|i| (i + 1..one.len()).map(move |j| (i, j))).filter(|(i, j)| one[*i] > one[*j]).count();
            prop_assert_eq!(inversions(&values), pairs(&values) as u64);
            let mut above = values.clone();
            above.sort_unstable();
            other.sort_unstable();
            let crossed = above.iter().flat_map(|a| other.iter().map(move |b| a > b)).filter(|crossed| *crossed).count();
            prop_assert_eq!(between(&above, &other), crossed as u64);
        }
    }
}
