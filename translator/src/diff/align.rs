//! Which item of one list is which item of another.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::path::{Step, Trail};
use super::shape::{List, Shape};

/// More leftover items than this are told as removed and added: looking for the most alike is quadratic.
const PAIRED: usize = 64;

/// How two lists fit together, by positions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Aligned {
    /// Items on both sides, by position in the first.
    pub(super) pairs: Vec<(usize, usize)>,
    /// Only in the first.
    pub(super) removed: Vec<usize>,
    /// Only in the second.
    pub(super) added: Vec<usize>,
    /// Those pairs of an ordered list that changed their place among the others.
    pub(super) moved: Vec<(usize, usize)>,
}

/// An item of a list: what it holds in one form, and what it is called.
struct Named {
    form: String,
    step: Step,
}

/// A list with its items named.
pub(super) struct Names(Vec<Named>);

impl Names {
    pub(super) fn of(list: List, items: &[Value], shape: &Shape, at: &mut Trail) -> Self {
        let forms: Vec<String> = items.iter().map(|item| at.enter("*", |at| form(item, shape, at).to_string())).collect();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut ranked: Vec<&String> = forms.iter().collect();
        ranked.sort();
        let step = |index: usize| {
            let rank = || ranked.partition_point(|form| **form < forms[index]);
            let Some(key) = key(list, &items[index]) else {
                return Step::Index(if matches!(list, List::Ordered(_)) { index } else { rank() });
            };
            // A second item of one name is told apart by its number.
            let times = seen.entry(key.clone()).or_default();
            *times += 1;
            Step::Item(if *times == 1 { key } else { format!("{key}#{times}") })
        };
        let steps: Vec<Step> = (0..items.len()).map(step).collect();
        Self(forms.into_iter().zip(steps).map(|(form, step)| Named { form, step }).collect())
    }

    pub(super) fn step(&self, index: usize) -> Step {
        self.0[index].step.clone()
    }

    fn all_named(&self) -> bool {
        self.0.iter().all(|item| matches!(item.step, Step::Item(_)))
    }

    fn forms(&self) -> Vec<&str> {
        self.0.iter().map(|item| item.form.as_str()).collect()
    }

    fn same(&self, index: usize, other: &Self, at: usize) -> bool {
        self.0[index].form == other.0[at].form
    }
}

/// The name of an item: the fields of it that its list is keyed by, those that are there.
fn key(list: List, item: &Value) -> Option<String> {
    let keys = match list {
        List::Keyed(keys) | List::Ordered(keys) => keys,
        List::Set => &[],
    };
    if !item.is_object() {
        return (!keys.is_empty()).then(|| text(item));
    }
    let part = |key: &&str| {
        let value = item.pointer(&format!("/{}", key.replace('.', "/")))?;
        Some(format!("{key}={}", text(value)))
    };
    let parts: Vec<String> = keys.iter().filter_map(part).collect();
    (!parts.is_empty()).then(|| parts.join(","))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value with everything that has no order sorted.
pub(super) fn form(value: &Value, shape: &Shape, at: &mut Trail) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), at.enter(key, |at| form(value, shape, at)))).collect())
        }
        Value::Array(items) => {
            let mut forms: Vec<Value> = items.iter().map(|item| at.enter("*", |at| form(item, shape, at))).collect();
            if !matches!(shape.list(at), List::Ordered(_)) {
                forms.sort_by_cached_key(Value::to_string);
            }
            Value::Array(forms)
        }
        scalar => scalar.clone(),
    }
}

pub(super) fn align(list: List, (from, before): (&[Value], &Names), (to, after): (&[Value], &Names)) -> Aligned {
    // Where not every item has its name, none is found by it.
    let list = if before.all_named() && after.all_named() { list } else { list.nameless() };
    let aligned = match list {
        List::Keyed(_) => by_name(before, after),
        List::Ordered([]) => by_order(before, after),
        List::Ordered(_) => in_order(by_name(before, after)),
        List::Set => by_form(before, after),
    };
    // What was edited is one item still, as far as it can be told.
    let ordered = list == List::Ordered(&[]);
    if ordered || list == List::Set { pair_leftovers(aligned, (from, before), (to, after), ordered) } else { aligned }
}

fn by_name(before: &Names, after: &Names) -> Aligned {
    let places: BTreeMap<&Step, usize> = after.0.iter().enumerate().map(|(at, item)| (&item.step, at)).collect();
    match_up(before, after, |item| places.get(&item.step).copied())
}

fn by_form(before: &Names, after: &Names) -> Aligned {
    let mut places: BTreeMap<&str, VecDeque<usize>> = BTreeMap::new();
    for (at, item) in after.0.iter().enumerate() {
        places.entry(&item.form).or_default().push_back(at);
    }
    match_up(before, after, |item| places.get_mut(item.form.as_str()).and_then(VecDeque::pop_front))
}

fn match_up(before: &Names, after: &Names, mut find: impl FnMut(&Named) -> Option<usize>) -> Aligned {
    let mut aligned = Aligned::default();
    let mut taken = vec![false; after.0.len()];
    for (index, item) in before.0.iter().enumerate() {
        match find(item) {
            Some(at) => {
                taken[at] = true;
                aligned.pairs.push((index, at));
            }
            None => aligned.removed.push(index),
        }
    }
    aligned.added = (0..after.0.len()).filter(|at| !taken[*at]).collect();
    aligned
}

/// Pairs that do not keep the order of the others have moved; as few as possible are told.
fn in_order(mut aligned: Aligned) -> Aligned {
    let kept = longest_rising(&aligned.pairs.iter().map(|(_, to)| *to).collect::<Vec<_>>());
    aligned.moved = aligned.pairs.iter().enumerate().filter(|(at, _)| !kept.contains(at)).map(|(_, pair)| *pair).collect();
    aligned
}

/// Positions of a longest rising subsequence.
fn longest_rising(values: &[usize]) -> Vec<usize> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let place = ends.partition_point(|end| values[*end] < *value);
        before.push(place.checked_sub(1).map(|place| ends[place]));
        if place == ends.len() { ends.push(at) } else { ends[place] = at }
    }
    let mut kept = Vec::new();
    let mut at = ends.last().copied();
    while let Some(index) = at {
        kept.push(index);
        at = before[index];
    }
    kept
}

/// Equal runs stay; what is equal elsewhere has moved.
fn by_order(before: &Names, after: &Names) -> Aligned {
    let mut aligned = Aligned::default();
    for op in capture_diff_slices(Algorithm::Myers, &before.forms(), &after.forms()) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => aligned.pairs.extend((0..len).map(|at| (old_index + at, new_index + at))),
            DiffOp::Delete { old_index, old_len, .. } => aligned.removed.extend(old_index..old_index + old_len),
            DiffOp::Insert { new_index, new_len, .. } => aligned.added.extend(new_index..new_index + new_len),
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                aligned.removed.extend(old_index..old_index + old_len);
                aligned.added.extend(new_index..new_index + new_len);
            }
        }
    }
    let (mut removed, mut added) = (Vec::new(), std::mem::take(&mut aligned.added));
    for index in std::mem::take(&mut aligned.removed) {
        match added.iter().position(|at| before.same(index, after, *at)) {
            Some(found) => {
                let pair = (index, added.remove(found));
                aligned.moved.push(pair);
                aligned.pairs.push(pair);
            }
            None => removed.push(index),
        }
    }
    aligned.pairs.sort_unstable();
    Aligned { removed, added, ..aligned }
}

/// Pairs removed items with the added ones that are most like them.
fn pair_leftovers(mut aligned: Aligned, (from, before): (&[Value], &Names), (to, after): (&[Value], &Names), ordered: bool) -> Aligned {
    let (mut removed, mut added) = (aligned.removed, aligned.added);
    if removed.len() > PAIRED || added.len() > PAIRED {
        return Aligned { removed, added, ..aligned };
    }
    let mut likenesses: Vec<(usize, usize, usize)> = Vec::new();
    for index in &removed {
        likenesses.extend(added.iter().map(|at| (alike(&from[*index], &to[*at]), *index, *at)));
    }
    // The most alike first; ties by what they hold, so that the order of a set decides nothing.
    likenesses.sort_by(|a, b| {
        let held = |(_, index, at): &(usize, usize, usize)| (before.0[*index].form.clone(), after.0[*at].form.clone());
        b.0.cmp(&a.0).then_with(|| if ordered { (a.1, a.2).cmp(&(b.1, b.2)) } else { held(a).cmp(&held(b)) })
    });
    for (likeness, index, at) in likenesses {
        if likeness > 0 && removed.contains(&index) && added.contains(&at) {
            removed.retain(|other| *other != index);
            added.retain(|other| *other != at);
            aligned.pairs.push((index, at));
        }
    }
    aligned.pairs.sort_unstable();
    let aligned = Aligned { removed, added, ..aligned };
    if ordered { in_order(aligned) } else { aligned }
}

/// How many values two mappings have in common.
fn alike(one: &Value, other: &Value) -> usize {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.iter().filter_map(|(key, value)| other.get(key).map(|other| inner(value, other))).sum()
        }
        _ => 0,
    }
}

fn inner(one: &Value, other: &Value) -> usize {
    match (one, other) {
        (Value::Object(_), Value::Object(_)) => alike(one, other),
        (Value::Array(one), Value::Array(other)) => {
            one.iter().map(|item| other.iter().map(|other| inner(item, other)).max().unwrap_or_default()).sum()
        }
        _ => usize::from(one == other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    fn aligned(list: List, from: &Value, to: &Value) -> Aligned {
        let (from, to) = (from.as_array().expect("a list"), to.as_array().expect("a list"));
        let names = |items| Names::of(list, items, &Shape::PLAIN, &mut Trail::default());
        align(list, (from, &names(from)), (to, &names(to)))
    }

    #[test_case(List::Keyed(&["n"]), &json!([{"n": 1}, {"n": 2}]), &json!([{"n": 2}, {"n": 1}]), &[(0, 1), (1, 0)], &[] ; "names in any order")]
    #[test_case(List::Ordered(&["n"]), &json!([{"n": 1}, {"n": 2}, {"n": 3}]), &json!([{"n": 3}, {"n": 1}, {"n": 2}]), &[(0, 1), (1, 2), (2, 0)], &[(2, 0)] ; "one of three moved")]
    #[test_case(List::Ordered(&[]), &json!([1, 2, 3]), &json!([3, 1, 2]), &[(0, 1), (1, 2), (2, 0)], &[(2, 0)] ; "a value moved")]
    #[test_case(List::Set, &json!([1, 2]), &json!([2, 1]), &[(0, 1), (1, 0)], &[] ; "a set")]
    #[test_case(List::Set, &json!([{"a": 1, "b": [2]}]), &json!([{"a": 1, "b": [3]}]), &[(0, 0)], &[] ; "edited")]
    #[test_case(List::Keyed(&["n"]), &json!([{"n": 1}, {"n": 1}]), &json!([{"n": 1}, {"n": 1}]), &[(0, 0), (1, 1)], &[] ; "a name twice")]
    fn found(list: List, from: &Value, to: &Value, pairs: &[(usize, usize)], moved: &[(usize, usize)]) {
        let aligned = aligned(list, from, to);
        assert_eq!((&*aligned.pairs, &*aligned.moved, &*aligned.removed, &*aligned.added), (pairs, moved, &[][..], &[][..]));
    }

    #[test]
    fn unlike_items_are_no_pair() {
        let aligned = aligned(List::Set, &json!([{"a": 1}]), &json!([{"a": 2}]));
        assert_eq!((&*aligned.removed, &*aligned.added), (&[0][..], &[0][..]));
    }
}
