//! What a mesh does with its rendered objects is what the neutral policy says, unless a loss of an object that has to
//! do with the call says otherwise, and then only in the direction that the loss names.

use std::cell::Cell;

use meshglot_translator::eval::{Call, Inventory, Request, Spelling, normalised};
use meshglot_translator::render::{Backend, Engine};
use meshglot_translator::resolve::Model;
use meshglot_translator::verify::{Judge, Judged, Question, reading};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::Value;

use super::model::world;
use super::requests::{request, shape};
use super::{fresh, model, target};

/// Models per backend; `MESHGLOT_LAW_CASES` sets another number.
fn cases() -> u32 {
    std::env::var("MESHGLOT_LAW_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000)
}

/// How the path of a request is spelt.
enum Spelt {
    /// As it is meant.
    Plain,
    /// Otherwise, but it means one path.
    Otherwise,
    /// So that applications disagree: counted apart, the neutral answer is 400, which no vendor gives.
    Ambiguous,
}

fn spelt(request: &Request) -> Spelt {
    match &request.call {
        Call::Http { target, .. } => match normalised(target) {
            Spelling::Ambiguous => Spelt::Ambiguous,
            Spelling::Plain(path) if target.starts_with(&*path) => Spelt::Plain,
            Spelling::Plain(_) => Spelt::Otherwise,
        },
        Call::Tcp => Spelt::Plain,
    }
}

#[derive(Default)]
struct Tally {
    requests: Cell<u64>,
    apart: Cell<u64>,
    excused: Cell<u64>,
}

impl Tally {
    fn count(cell: &Cell<u64>) {
        cell.set(cell.get() + 1);
    }
}

fn agrees(backend: &'static dyn Backend, model: &Model, engine: &Engine<'_>, requests: &[Request], tally: &Tally) -> Result<(), String> {
    let target = target();
    let rendered = engine.rendered();
    let read = |objects: Vec<Value>| reading(backend, model, &target, objects);
    let (reader, bare) = (read(rendered.bodies()), read(Vec::new()));
    let judge =
        Judge::new(Question { model, backend, target: &target, reader: &*reader, bare: &*bare, losses: &rendered.losses, limit: 0 });
    let gates: Vec<_> = judge.gates().collect();
    for request in requests {
        let Some(gate) = gates.iter().find(|gate| *gate.service() == request.service && gate.port() == request.port) else { continue };
        Tally::count(&tally.requests);
        let otherwise = match spelt(request) {
            Spelt::Ambiguous => {
                Tally::count(&tally.apart);
                continue;
            }
            Spelt::Otherwise => true,
            Spelt::Plain => false,
        };
        let Judged { said, done, deviation, excuse } = gate.judge(request, otherwise);
        let Some(deviation) = deviation else { continue };
        if excuse.is_some() {
            Tally::count(&tally.excused);
            continue;
        }
        let losses: Vec<String> = rendered.losses.iter().map(|loss| format!("{} {} {}", loss.code, loss.verdict, loss.object)).collect();
        return Err(format!(
            "{}: {request:?}\nneutral {said:?}\n{} {done:?}\nlosses {losses:?}\n{}",
            deviation.word(),
            backend.name(),
            rendered.to_yaml().unwrap_or_default()
        ));
    }
    Ok(())
}

fn law(name: &str) {
    let Some(backend) = meshglot_registry::find(name) else { panic!("backend {name}") };
    let tally = Tally::default();
    let config = ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        max_shrink_iters: 4000,
        ..ProptestConfig::default()
    };
    let strategy = (world(), prop::collection::vec(shape(), 1..12));
    let outcome = TestRunner::new(config).run(&strategy, |(objects, shapes)| {
        let texts: Vec<String> = objects.iter().map(Value::to_string).collect();
        let model = model(&texts);
        let inventory = Inventory::of(&model);
        let requests: Vec<Request> = shapes.iter().filter_map(|shape| request(shape, &inventory)).collect();
        let engine = fresh(backend, &model);
        agrees(backend, &model, &engine, &requests, &tally).map_err(TestCaseError::fail)
    });
    let (requests, excused) = (tally.requests.get(), tally.excused.get());
    let apart = tally.apart.get();
    let share = excused as f64 * 100.0 / (requests - apart).max(1) as f64;
    eprintln!("{name}: {requests} requests, {apart} of ambiguous paths apart, {share:.1} % of the rest under a loss");
    if let Err(error) = outcome {
        panic!("{name}: {error}");
    }
    assert!(share <= 20.0, "{name}: {share:.1} % of the requests under a loss: the generator or the loss is too coarse");
}

#[test]
fn istio_agrees() {
    law("istio");
}

#[test]
fn linkerd_agrees() {
    law("linkerd");
}

#[test]
fn consul_agrees() {
    law("consul");
}

#[test]
fn builtin_agrees() {
    law("builtin");
}
