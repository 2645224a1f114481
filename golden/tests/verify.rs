//! Every golden is decided over all requests: does the mesh do with its objects what the policy says?

use std::fs;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use meshglot_translator::ir::MeshSettings;
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::render::{Backend, Engine, Target};
use meshglot_translator::resolve::{Model, ReadOptions};
use meshglot_translator::verify::{Question, reading, verify};
use serde_json::Value;

fn main() -> ExitCode {
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")).expect("the crate's own folder");
    let backends = meshglot_registry::all();
    let trials = cases().into_iter().flat_map(|case| backends.map(|backend| trial(backend, case.clone()))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn cases() -> Vec<String> {
    let mut out = Vec::new();
    for feature in fs::read_dir(".").expect("dir").flatten().filter(|e| e.path().is_dir()) {
        for case in fs::read_dir(feature.path()).expect("dir").flatten() {
            if case.path().join("input.yaml").exists() {
                out.push(case.path().display().to_string().trim_start_matches("./").to_owned());
            }
        }
    }
    out.sort();
    out
}

fn trial(backend: &'static dyn Backend, case: String) -> Trial {
    Trial::test(format!("{case}/{}", backend.name()), move || {
        let text = fs::read_to_string(format!("{case}/input.yaml")).expect("input");
        let (documents, _) = parse(&[Source::new("input.yaml", text)]);
        let model = Model::new(documents, ReadOptions { lenient: false, default_namespace: "default".into() });
        let model = if model.has_mesh() { model } else { model.with_implied_mesh(MeshSettings::default()) };
        let target = Target { everything: true, ..Target::default() };
        let engine = Engine::new(backend, target.clone(), &model);
        let rendered = engine.rendered();
        let objects: Vec<Value> = rendered.objects.iter().map(|object| object.body()).collect();
        let reader = reading(backend, &model, &target, objects).ok_or("no reading")?;
        let bare = reading(backend, &model, &target, Vec::new()).ok_or("no reading")?;
        let report = verify(Question {
            model: &model,
            backend: backend.name(),
            target: &target,
            reader: &*reader,
            bare: &*bare,
            losses: &rendered.losses,
            limit: 100_000,
        });
        eprintln!("{case}/{} {} {} {:?}", backend.name(), report.ports, report.requests, report.excused);
        if report.is_proved() {
            return Ok(());
        }
        let mut text = String::new();
        for finding in &report.findings {
            text += &format!(
                "{:?} {:?}\n   said {:?} {:?}\n   done {:?} {:?}\n",
                finding.deviation, finding.request, finding.said.shares, finding.said.misses, finding.done.shares, finding.done.rule
            );
        }
        for doubt in &report.doubts {
            text += &format!("{doubt:?}\n");
        }
        Err(Failed::from(text))
    })
}
