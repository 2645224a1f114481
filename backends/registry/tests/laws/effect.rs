//! Effects of edits: nothing against itself, mirrored when the sides are swapped, and every example is decided as it is
//! told, by the policy and by each mesh.

use std::cell::Cell;

use meshglot_translator::effect::{AccessChange, Effect, Options, Party, Pattern, Presence, Side, effect};
use meshglot_translator::eval::{Evaluate, Neutral};
use meshglot_translator::resolve::Model;
use meshglot_translator::verify::reading;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::Value;

use super::model::{key, object, world};
use super::{fresh, model, target};

/// Everything that is told, without the side on which it is.
fn mirrored(effect: &Effect, swapped: bool) -> Vec<String> {
    let access = effect.access.iter().map(|change| {
        let AccessChange { party, service, port, gained, requests, entire, .. } = change;
        // Single requests, of which no rule speaks, depend on what was asked first.
        let spoken = requests.iter().filter(|requests| !matches!(requests.pattern, Pattern::One(_)));
        let spoken: Vec<String> = spoken.map(ToString::to_string).collect();
        format!("{party} {service}:{port} {} {spoken:?} {entire}", gained ^ swapped)
    });
    let shares = effect.shares.iter().map(|change| {
        let (from, to) = if swapped { (change.to, change.from) } else { (change.from, change.to) };
        format!("{}:{} {:?} {from} {to} {}", change.service, change.port, change.target, change.everyone)
    });
    let doubts = effect.doubts.iter().map(|doubt| format!("{}:{} undecided", doubt.service, doubt.port));
    let mut all: Vec<String> = access.chain(shares).chain(doubts).collect();
    all.sort();
    all
}

/// One policy before and after an edit, both read by the same mesh or both neutrally.
fn holds(name: &str, sides: [&Side<'_>; 2], told: &Cell<usize>) -> Result<(), TestCaseError> {
    let options = Options { limit: 20_000, ..Options::default() };
    let [from, to] = sides;
    let itself = effect(from, from, &options);
    prop_assert!(itself.access.is_empty() && itself.shares.is_empty(), "{}: {:?}", name, itself);
    let (there, back) = (effect(from, to, &options), effect(to, from, &options));
    prop_assert_eq!(mirrored(&there, false), mirrored(&back, true), "{}", name);
    prop_assert_eq!(there.compared, back.compared);
    for change in &there.access {
        prop_assert!(change.from.verdict != change.to.verdict, "{}: {:?}", name, change);
        // A caller of another trust domain is no caller that a request can name.
        if matches!(change.party, Party::Spiffe(_)) {
            continue;
        }
        for (side, told, absent) in [(from, &change.from, Presence::Added), (to, &change.to, Presence::Removed)] {
            let verdict = side.reading.evaluate(&change.example).verdict;
            prop_assert!(change.presence == absent || verdict == told.verdict, "{}: {:?} is {}", name, change, verdict);
        }
    }
    for change in &there.shares {
        let share = |side: &Side<'_>| side.reading.evaluate(&change.example).shares.get(&change.target).copied();
        prop_assert!(share(from) != share(to), "{}: {:?}", name, change);
    }
    told.set(told.get() + there.access.len() + there.shares.len());
    Ok(())
}

#[test]
fn effects_are_what_they_say() {
    let told = Cell::new(0);
    let config = ProptestConfig { cases: 100, failure_persistence: None, rng_seed: RngSeed::Fixed(13), ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&(world(), prop::collection::vec(object(), 1..4)), |(before, edits)| {
        let mut after = before.clone();
        for edit in edits {
            after.retain(|object| key(object) != key(&edit));
            after.push(edit);
        }
        let texts = |objects: &[Value]| objects.iter().map(Value::to_string).collect::<Vec<_>>();
        let models: [Model; 2] = [model(&texts(&before)), model(&texts(&after))];
        let [left, right] = models.each_ref().map(Neutral::new);
        let neutral = |model, reading| Side { model, reading, mesh: None };
        holds("neutral", [&neutral(&models[0], &left), &neutral(&models[1], &right)], &told)?;
        let target = target();
        for backend in meshglot_registry::all() {
            let readings: [Box<dyn Evaluate>; 2] =
                models.each_ref().map(|model| reading(backend, model, &target, fresh(backend, model).rendered().bodies()));
            let side = |at: usize| Side { model: &models[at], reading: &*readings[at], mesh: Some((backend.name(), &target)) };
            holds(backend.name(), [&side(0), &side(1)], &told)?;
            holds(backend.name(), [&neutral(&models[1], &right), &side(1)], &told)?;
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(told.get() > 500, "edits have effects: {}", told.get());
}
