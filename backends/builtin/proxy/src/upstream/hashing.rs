//! Endpoints by a hash: a ring, or Maglev's table.
//!
//! Source: Karger et al., "Consistent hashing and random trees" (1997); Eisenbud et al., "Maglev" (2016), section 3.4.

use std::hash::Hasher as _;

use twox_hash::XxHash64;

/// The hash of a text, the same in every process.
pub(crate) fn hash(text: &[u8], seed: u64) -> u64 {
    let mut hasher = XxHash64::with_seed(seed);
    hasher.write(text);
    hasher.finish()
}

/// From hashes to endpoints, by their place.
#[derive(Debug)]
pub(super) enum Table {
    /// Points in ascending order.
    Ring(Vec<(u64, u32)>),
    /// As many places as a prime.
    Maglev(Vec<u32>),
}

impl Table {
    /// So many points for all endpoints together, by weight; at least one each.
    pub(super) fn ring(endpoints: &[(String, u32)], minimum: u64, maximum: u64) -> Self {
        let least = endpoints.iter().map(|(_, weight)| *weight).min().unwrap_or(1).max(1);
        let total: u64 = endpoints.iter().map(|(_, weight)| u64::from(*weight)).sum();
        // As many as it takes for the lightest to have one whole point, within the bounds.
        let scale = (total.div_ceil(u64::from(least))).max(minimum).min(maximum.max(1)) as f64 / total.max(1) as f64;
        let mut points = Vec::new();
        for (place, (name, weight)) in (0u32..).zip(endpoints) {
            let count = ((f64::from(*weight) * scale).round() as u64).max(1);
            points.extend((0..count).map(|number| (hash(format!("{name}_{number}").as_bytes(), 0), place)));
        }
        points.sort_unstable();
        Self::Ring(points)
    }

    pub(super) fn maglev(endpoints: &[(String, u32)], size: u64) -> Self {
        const EMPTY: u32 = u32::MAX;
        let size = size.max(2);
        let mut table = vec![EMPTY; size as usize];
        let heaviest = endpoints.iter().map(|(_, weight)| *weight).max().unwrap_or(1).max(1);
        // Where each begins, how far it steps, how many steps it has taken, and what it may take.
        let mut steps: Vec<(u64, u64, u64, f64)> = endpoints
            .iter()
            .map(|(name, _)| (hash(name.as_bytes(), 0) % size, hash(name.as_bytes(), 1) % (size - 1) + 1, 0, 0.0))
            .collect();
        let mut filled = 0;
        while filled < size && !endpoints.is_empty() {
            for (place, (offset, skip, step, due)) in steps.iter_mut().enumerate() {
                *due += f64::from(endpoints[place].1.max(1)) / f64::from(heaviest);
                if *due < 1.0 || filled == size {
                    continue;
                }
                *due -= 1.0;
                loop {
                    let at = ((*offset + *step * *skip) % size) as usize;
                    *step += 1;
                    if table[at] == EMPTY {
                        table[at] = place as u32;
                        break;
                    }
                }
                filled += 1;
            }
        }
        Self::Maglev(table)
    }

    /// The place of the endpoint of a hash, the one after it for another `attempt`, and so on.
    pub(super) fn at(&self, hash: u64, attempt: u32) -> Option<usize> {
        let place = match self {
            Self::Ring(points) if points.is_empty() => return None,
            Self::Ring(points) => {
                let at = points.partition_point(|(point, _)| *point < hash);
                points[(at + attempt as usize) % points.len()].1
            }
            Self::Maglev(table) if table.is_empty() => return None,
            // Another hash for another attempt.
            Self::Maglev(table) => table[(hash ^ !u64::from(attempt).wrapping_sub(1)) as usize % table.len()],
        };
        (place != u32::MAX).then_some(place as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    fn endpoints(count: u32) -> Vec<(String, u32)> {
        (0..count).map(|number| (format!("10.0.0.{number}:80"), 1)).collect()
    }

    fn ring(endpoints: &[(String, u32)]) -> Table {
        Table::ring(endpoints, 4096, 8192)
    }

    fn maglev(endpoints: &[(String, u32)]) -> Table {
        Table::maglev(endpoints, 65_537)
    }

    fn shares(table: &Table, count: usize) -> Vec<usize> {
        let mut shares = vec![0; count];
        (0..20_000u32).filter_map(|key| table.at(hash(&key.to_le_bytes(), 7), 0)).for_each(|at| shares[at] += 1);
        shares
    }

    #[test_case(ring ; "a ring")]
    #[test_case(maglev ; "maglev")]
    fn everybody_has_about_as_much(table: fn(&[(String, u32)]) -> Table) {
        for share in shares(&table(&endpoints(8)), 8) {
            assert!((2000..=3000).contains(&share), "{share}");
        }
    }

    #[test_case(ring ; "a ring")]
    #[test_case(maglev ; "maglev")]
    fn by_weight(table: fn(&[(String, u32)]) -> Table) {
        let mut weighted = endpoints(2);
        weighted[1].1 = 3;
        let shares = shares(&table(&weighted), 2);
        assert!((4300..=5700).contains(&shares[0]), "{shares:?}");
    }

    #[test_case(ring, 0.15 ; "a ring, which has more points of each now")]
    #[test_case(maglev, 0.05 ; "maglev")]
    fn who_stays_keeps_most(table: fn(&[(String, u32)]) -> Table, moved: f64) {
        let (before, after) = (table(&endpoints(8)), table(&endpoints(7)));
        let keys = 0..20_000u32;
        let kept = |key: &u32| {
            let hash = hash(&key.to_le_bytes(), 7);
            let at = before.at(hash, 0);
            at != Some(7) && at != after.at(hash, 0)
        };
        let share = keys.filter(kept).count() as f64 / 20_000.0;
        assert!(share < moved, "{share}");
    }
}
