//! Readings tell every comparison that they make: two requests that answer them alike are decided alike. `verify` tries
//! one request of each sort and rests on that.

use std::cell::Cell;

use meshglot_translator::eval::asked::listen;
use meshglot_translator::eval::{Call, Evaluate, Inventory, Neutral, Request};
use meshglot_translator::verify::{answers, reading};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::Value;

use super::model::world;
use super::requests::{plain, request, shape};
use super::{fresh, model, target};

#[test]
fn requests_of_one_sort_are_decided_alike() {
    let alike = Cell::new(0);
    let config = ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(11), ..ProptestConfig::default() };
    let strategy = (world(), shape(), prop::collection::vec(plain(), 20));
    let outcome = TestRunner::new(config).run(&strategy, |(objects, shape, others)| {
        let texts: Vec<String> = objects.iter().map(Value::to_string).collect();
        let model = model(&texts);
        let target = target();
        let Some(first) = request(&shape, &Inventory::of(&model)) else { return Ok(()) };
        let requests = || others.iter().map(|call| Request { call: call.clone(), ..first.clone() });
        let neutral = Neutral::new(&model);
        let mut readers: Vec<(&str, Box<dyn Evaluate + '_>)> = vec![("neutral", Box::new(neutral))];
        for backend in meshglot_registry::all() {
            let bodies = fresh(backend, &model).rendered().bodies();
            readers.push((backend.name(), reading(backend, &model, &target, bodies)));
        }
        for (name, reader) in &readers {
            for one in requests() {
                let (decided, asked) = listen(|| reader.evaluate(&one));
                let sort = |call: &Call| answers(&asked, call).map_err(|doubt| TestCaseError::fail(format!("{doubt:?}")));
                let own = sort(&one.call)?;
                for other in requests().filter(|other| *other != one) {
                    if sort(&other.call)? == own {
                        alike.set(alike.get() + 1);
                        let too = reader.evaluate(&other);
                        prop_assert_eq!(&decided.shares, &too.shares, "{}: {:?} and {:?}", name, one, other);
                    }
                }
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(alike.get() > 1000, "the generator makes requests of one sort: {}", alike.get());
}
