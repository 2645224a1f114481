//! Maps in an order, so that the same resource is always read, and refused, in the same way.

use std::collections::HashMap;

/// What a map says, in the order of its keys.
pub(super) fn sorted<T>(map: HashMap<String, T>) -> Vec<(String, T)> {
    let mut entries: Vec<_> = map.into_iter().collect();
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    entries
}
