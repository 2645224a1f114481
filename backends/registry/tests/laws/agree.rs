//! What a mesh does with its rendered objects is what the neutral policy says, unless a loss says otherwise, and
//! then only in the direction that the loss names.

use std::cell::Cell;

use meshglot_translator::eval::{Call, Decision, Evaluate, Inventory, Neutral, Outcome, Request, Spelling, Verdict as Ends, normalised};
use meshglot_translator::ir::PodSet;
use meshglot_translator::render::{Backend, Engine, Rendered, Verdict};
use meshglot_translator::resolve::Model;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::{Value, json};

use super::model::world;
use super::requests::{request, shape};
use super::{fresh, model};

/// Models per backend; `MESHGLOT_LAW_CASES` sets another number.
fn cases() -> u32 {
    std::env::var("MESHGLOT_LAW_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(400)
}

/// Whether a loss lets the mesh admit what the neutral policy denies, or deny what it admits.
fn excused(rendered: &Rendered<'_>, admits: bool) -> bool {
    rendered.losses.iter().any(|loss| match loss.verdict {
        Verdict::Widened => admits,
        Verdict::Narrowed | Verdict::Dropped | Verdict::Refused => !admits,
        Verdict::Exact | Verdict::Equivalent | Verdict::Rounded => false,
    })
}

/// Requests that are counted apart: the neutral answer to an ambiguous path is 400, which no vendor gives; those
/// that compare the path as sent read other spellings of one path as other paths, which MG1210 and MG1309 tell; and
/// where nobody is known to run behind a Service, nobody knows who answers.
/// Bytes that are not HTTP on a port that is declared to speak it are nobody's policy either.
fn apart(backend: &str, request: &Request, said: &Decision, inventory: &Inventory) -> bool {
    let port = inventory.service(&request.service).and_then(|service| service.port(request.port));
    let odd = match &request.call {
        Call::Tcp => port.is_some_and(|port| port.protocol.is_http()),
        Call::Http { target, .. } => match normalised(target) {
            Spelling::Ambiguous => true,
            Spelling::Plain(path) => ["linkerd", "consul"].contains(&backend) && !target.starts_with(&*path),
        },
    };
    // To Consul a pod is one service: of two Services over the same pods one has no instances there.
    let shared = |workload: &PodSet| inventory.services().iter().filter(|service| workload.is_selected_by(service)).count() > 1;
    let odd = odd || (backend == "consul" && inventory.workloads().iter().any(|workload| shared(workload)));
    // A call that fails by itself opens nothing, whoever answers it instead.
    odd || said.verdict == Ends::Error || said.shares.keys().any(|who| matches!(who, Outcome::Service(_)))
}

struct Tally {
    requests: Cell<u64>,
    apart: Cell<u64>,
    excused: Cell<u64>,
}

fn agrees(backend: &'static dyn Backend, model: &Model, engine: &Engine<'_>, requests: &[Request], tally: &Tally) -> Result<(), String> {
    let neutral = Neutral::new(model);
    let rendered = engine.rendered();
    let bodies: Vec<Value> = rendered.objects.iter().map(|object| object.body()).collect();
    let Some(reader) = backend.reader(bodies, neutral.inventory().clone(), &json!({"default": "allow"})) else { return Ok(()) };
    for request in requests {
        tally.requests.set(tally.requests.get() + 1);
        let (said, done) = (neutral.evaluate(request), reader.evaluate(request));
        if apart(backend.name(), request, &said, neutral.inventory()) {
            tally.apart.set(tally.apart.get() + 1);
            continue;
        }
        let (wanted, admits) = (said.verdict == Ends::Allow, done.verdict == Ends::Allow);
        if wanted == admits {
            continue;
        }
        if excused(&rendered, admits) {
            tally.excused.set(tally.excused.get() + 1);
            continue;
        }
        let losses: Vec<String> = rendered.losses.iter().map(|loss| format!("{} {} {}", loss.code, loss.verdict, loss.object)).collect();
        return Err(format!(
            "{request:?}\nneutral {said:?}\n{} {done:?}\nlosses {losses:?}\n{}",
            backend.name(),
            rendered.to_yaml().unwrap_or_default()
        ));
    }
    Ok(())
}

fn law(name: &str) {
    let Some(backend) = meshglot_registry::find(name) else { panic!("backend {name}") };
    let tally = Tally { requests: Cell::new(0), apart: Cell::new(0), excused: Cell::new(0) };
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
        let inventory = Neutral::new(&model).inventory().clone();
        let requests: Vec<Request> = shapes.iter().filter_map(|shape| request(shape, &inventory)).collect();
        let engine = fresh(backend, &model);
        agrees(backend, &model, &engine, &requests, &tally).map_err(TestCaseError::fail)
    });
    let (requests, excused) = (tally.requests.get(), tally.excused.get());
    let apart = tally.apart.get();
    eprintln!(
        "{name}: {requests} requests, {apart} apart, {:.1} % of the rest under a loss",
        excused as f64 * 100.0 / (requests - apart).max(1) as f64
    );
    if let Err(error) = outcome {
        panic!("{name}: {error}");
    }
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
