//! Things that pick pods by their labels, found from the pods.

use std::collections::{BTreeMap, HashMap};

/// Things in order, by a label that each of them asks for: of ten thousand policies, few have to be held against the
/// labels of a workload.
#[derive(Clone, Debug)]
pub struct ByLabel<T> {
    things: Vec<T>,
    /// Positions by label; `None`: of those that ask for none.
    asking: HashMap<Option<(String, String)>, Vec<usize>>,
}

impl<T> Default for ByLabel<T> {
    fn default() -> Self {
        Self { things: Vec::new(), asking: HashMap::new() }
    }
}

impl<T> ByLabel<T> {
    /// Adds a thing behind the others; `label` is one without which it picks nothing.
    pub fn push(&mut self, label: Option<(&String, &String)>, thing: T) {
        let label = label.map(|(name, value)| (name.clone(), value.clone()));
        self.asking.entry(label).or_default().push(self.things.len());
        self.things.push(thing);
    }

    /// What may pick pods with these labels, in order; each has still to be asked for its other labels.
    pub fn near(&self, labels: &BTreeMap<String, String>) -> impl Iterator<Item = &T> {
        let labels = labels.iter().map(|(name, value)| Some((name.clone(), value.clone())));
        let mut near: Vec<usize> = labels.chain([None]).filter_map(|label| self.asking.get(&label)).flatten().copied().collect();
        near.sort_unstable();
        near.into_iter().map(|position| &self.things[position])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_near_by_their_label_or_by_none_in_order() {
        let mut things = ByLabel::default();
        let [app, web, api] = ["app", "web", "api"].map(str::to_owned);
        things.push(Some((&app, &web)), 0);
        things.push(None, 1);
        things.push(Some((&app, &api)), 2);
        things.push(Some((&app, &web)), 3);
        assert_eq!(things.near(&[(app.clone(), web)].into()).collect::<Vec<_>>(), [&0, &1, &3]);
        assert_eq!(things.near(&BTreeMap::new()).collect::<Vec<_>>(), [&1]);
    }
}
