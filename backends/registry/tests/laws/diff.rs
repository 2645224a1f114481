//! A difference is complete: of a thing with itself there is none, its patch makes the one into the other, and the order
//! of what has no order changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use meshglot_translator::diff::{Operation, Show, fields, normalised, patch};
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::render::{Backend, Engine, ObjectId, RenderedObject};
use meshglot_translator::resolve::Model;
use meshglot_translator::review::{Ignore, NeutralChange, RenderedChanges, intent, losses, rendered};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use super::model::{key, object, objects};
use super::order::shuffled;
use super::{fresh, model};

/// Everything takes part, also what nobody wrote.
const WHOLE: Show = Show { managed: true, defaults: true };

fn changes(backend: &dyn Backend, from: &Engine<'_>, to: &Engine<'_>) -> RenderedChanges {
    rendered(backend, &from.rendered(), &to.rendered(), &BTreeSet::new(), WHOLE, &Ignore::default())
}

fn by_id<'e>(engine: &'e Engine<'_>) -> BTreeMap<ObjectId, &'e RenderedObject> {
    engine.rendered().objects.into_iter().map(|object| (object.id.clone(), object)).collect()
}

/// The objects that the changes make of `from`, and those of `to`, in the form in which objects are compared.
fn both(backend: &dyn Backend, from: &Engine<'_>, to: &Engine<'_>) -> (BTreeMap<ObjectId, Value>, BTreeMap<ObjectId, Value>) {
    let (before, after) = (by_id(from), by_id(to));
    let mut made: BTreeMap<ObjectId, Value> = before.iter().map(|(id, object)| (id.clone(), object.body())).collect();
    for change in changes(backend, from, to).changes.into_values().flatten() {
        let old = match &change.operation {
            Operation::Rename { from } => from,
            Operation::Add | Operation::Remove | Operation::Update(_) => &change.id,
        };
        let mut body = made.remove(old).unwrap_or(Value::Null);
        if let Some(new) = after.get(&change.id) {
            let patch = patch(&body, &new.body(), &backend.shape(&change.id));
            json_patch::patch(&mut body, &patch).expect("the patch fits the object");
            made.insert(change.id, body);
        }
    }
    let wanted = after.iter().map(|(id, object)| (id.clone(), object.body())).collect();
    (made, wanted)
}

/// Both in one order of everything that has none.
fn same(backend: &dyn Backend, one: &BTreeMap<ObjectId, Value>, other: &BTreeMap<ObjectId, Value>) -> bool {
    one.len() == other.len()
        && one.iter().all(|(id, body)| {
            let shape = backend.shape(id);
            let plain = |body: &Value| normalised(body, &shape, WHOLE);
            other.get(id).is_some_and(|other| fields(&plain(body), &plain(other), &shape).is_empty())
        })
}

fn told(model: &Model, other: &Model) -> Vec<String> {
    let word = |change: NeutralChange| {
        let fields: Vec<_> = change.operation.fields().iter().map(|field| &field.change).collect();
        format!("{} {fields:?}", change.object)
    };
    intent(model, other, Show::default()).into_iter().map(word).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn a_difference_makes_the_one_into_the_other(start in objects(), edits in prop::collection::vec((object(), any::<bool>()), 1..6), seed in any::<u64>()) {
        let mut now: BTreeMap<String, Value> = start.iter().map(|object| (key(object), object.clone())).collect();
        let before: Vec<String> = now.values().map(Value::to_string).collect();
        let mut touched: BTreeSet<String> = BTreeSet::new();
        for (object, delete) in edits {
            touched.insert(key(&object));
            if delete { now.remove(&key(&object)); } else { now.insert(key(&object), object); }
        }
        let after: Vec<String> = now.values().map(Value::to_string).collect();
        let mixed: Vec<String> = now.values().rev().map(|object| shuffled(object, seed)).collect();
        let (from, to, other) = (model(&before), model(&after), model(&mixed));

        prop_assert!(intent(&to, &to, WHOLE).is_empty());
        prop_assert!(intent(&to, &other, Show::default()).is_empty(), "the order of documents and keys is no difference");
        prop_assert_eq!(told(&from, &to), told(&from, &other));
        let named: BTreeSet<ObjectKey> = intent(&from, &to, Show::default()).into_iter().map(|change| change.object).collect();
        prop_assert!(named.len() <= touched.len(), "only what was edited differs");

        for backend in meshglot_registry::all() {
            let (old, new, mixed) = (fresh(backend, &from), fresh(backend, &to), fresh(backend, &other));
            prop_assert!(changes(backend, &new, &new).is_empty(), "{}", backend.name());
            prop_assert!(changes(backend, &new, &mixed).is_empty(), "{}", backend.name());
            prop_assert!(losses(&new.rendered().losses, &mixed.rendered().losses).is_empty(), "{}", backend.name());
            let (made, wanted) = both(backend, &old, &new);
            prop_assert!(same(backend, &made, &wanted), "{}: {made:#?}\n{wanted:#?}", backend.name());
        }
    }
}
