//! What one object does: found from the object itself, it is what a search through everything finds.

use std::cell::Cell;

use meshglot_translator::effect::{Options, Side, effect};
use meshglot_translator::eval::Neutral;
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::render::Loss;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::Value;

use super::model::world;
use super::{fresh, model};

fn config() -> ProptestConfig {
    ProptestConfig { cases: 100, failure_persistence: None, rng_seed: RngSeed::Fixed(29), ..ProptestConfig::default() }
}

fn texts(objects: &[Value]) -> Vec<String> {
    objects.iter().map(Value::to_string).collect()
}

#[test]
fn what_is_rendered_from_an_object_is_all_that_names_it() {
    let found = Cell::new(0);
    let outcome = TestRunner::new(config()).run(&world(), |objects| {
        let model = model(&texts(&objects));
        for backend in meshglot_registry::all() {
            let engine = fresh(backend, &model);
            let all = engine.rendered();
            for key in model.keys() {
                let own = engine.rendered_from(key, &model);
                let objects: Vec<_> = all.objects.iter().filter(|object| object.sources.contains(key)).map(|object| &object.id).collect();
                prop_assert_eq!(own.objects.iter().map(|object| &object.id).collect::<Vec<_>>(), objects, "{} of {}", backend.name(), key);
                let is_own = |loss: &Loss| loss.object == *key || model.key_of(loss.origin.document()).as_ref() == Some(key);
                let losses: Vec<_> = all.losses.iter().copied().filter(|loss| is_own(loss)).collect();
                prop_assert_eq!(&own.losses, &losses, "{} of {}", backend.name(), key);
                found.set(found.get() + own.objects.len() + own.losses.len());
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(found.get() > 1_000, "objects are rendered: {}", found.get());
}

#[test]
fn an_object_touches_no_service_but_those_that_are_told() {
    let told = Cell::new(0);
    let outcome = TestRunner::new(config()).run(&world(), |objects| {
        let with = model(&texts(&objects));
        let right = Neutral::new(&with);
        let keys: Vec<ObjectKey> = with.keys().filter(|key| key.kind.is_neutral()).cloned().collect();
        for key in keys {
            let without = with.without(&key);
            prop_assert!(!without.keys().any(|other| *other == key));
            let left = Neutral::new(&without);
            let from = Side { model: &without, reading: &left, mesh: None };
            let to = Side { model: &with, reading: &right, mesh: None };
            let anywhere = effect(&from, &to, &Options { limit: 20_000, ..Options::default() });
            let there = effect(&from, &to, &Options { limit: 20_000, services: with.services_touched(&key), ..Options::default() });
            let words = |effect: &meshglot_translator::effect::Effect| {
                let access = effect.access.iter().map(|change| change.words().line("->"));
                access.chain(effect.shares.iter().map(|change| change.words().line("->"))).collect::<Vec<_>>()
            };
            prop_assert_eq!(words(&anywhere), words(&there), "{}", key);
            prop_assert_eq!(&anywhere.doubts, &there.doubts, "{}", key);
            told.set(told.get() + words(&anywhere).len());
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(told.get() > 500, "objects do something: {}", told.get());
}
