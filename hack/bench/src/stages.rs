//! One size, one backend: each stage timed apart, then one edit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use meshglot_translator::ir::MeshSettings;
use meshglot_translator::parse::{Document, Source, parse};
use meshglot_translator::render::{Engine, Target};
use meshglot_translator::resolve::{Model, ReadOptions};

use crate::shop;

/// The columns.
pub(crate) const HEAD: &str = "\
| Backend | Splits | Objects in | MiB in | Parse ms | of it serde-saphyr's | Resolve ms | Render ms | Write ms | Objects out | One edit ms | Render calls | Peak MiB |
|---|---|---|---|---|---|---|---|---|---|---|---|---|";

fn timed<T>(stage: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = stage();
    (value, start.elapsed())
}

/// Prints one row.
pub(crate) fn run(backend: &str, splits: usize) {
    let backend = meshglot_registry::find(backend).expect("a backend of the registry");
    let text = shop::text(splits);
    let bytes = text.len();
    // The peer in the same run: the same text into plain values, without positions.
    let (values, peer) = timed(|| documents_of(&text));
    drop(values);

    let ((documents, _), parsing) = timed(|| parse(&[Source::new("shop.yaml", text)]));
    let objects = documents.len();
    let (mut model, resolving) = timed(|| {
        let model = Model::new(documents, ReadOptions::default()).with_implied_mesh(MeshSettings::default());
        assert!(model.diagnostics().is_empty(), "the shop is valid");
        model
    });
    let target = || Target { everything: true, ..Target::default() };
    let (mut engine, rendering) = timed(|| Engine::new(backend, target(), &model));
    let (out, writing) = timed(|| {
        let rendered = engine.rendered();
        (rendered.objects.len(), rendered.to_yaml().expect("JSON values have a YAML form").len())
    });
    let peak = peak_mib();

    let edits: Vec<(Arc<Document>, usize)> =
        (0..21).map(|n| (document(&shop::split(n * 7 % splits, splits, 50 + n as u32)), engine.renders())).collect();
    let mut times: Vec<Duration> = Vec::new();
    let before = engine.renders();
    for (document, _) in &edits {
        let key = model.key_of(document).expect("a split has a key");
        let ((), time) = timed(|| {
            let changed = model.put(&key, vec![document.clone()]);
            engine.update(&model, &changed);
        });
        times.push(time);
    }
    let calls = (engine.renders() - before) as f64 / edits.len() as f64;
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "| {} | {splits} | {objects} | {:.1} | {:.0} | {:.2} x | {:.0} | {:.0} | {:.0} | {} | {:.3} | {calls:.1} | {peak} |",
        backend.name(),
        bytes as f64 / f64::from(1 << 20),
        ms(parsing),
        ms(parsing) / ms(peer),
        ms(resolving),
        ms(rendering),
        ms(writing),
        out.0,
        ms(times[times.len() / 2]),
    );
}

fn documents_of(text: &str) -> Vec<serde_json::Value> {
    // One document at a time, as its budget against bombs is for one.
    text.split("---\n").filter(|text| !text.is_empty()).map(|text| serde_saphyr::from_str(text).expect("the shop is YAML")).collect()
}

fn document(text: &str) -> Arc<Document> {
    parse(&[Source::new("edit.yaml", text)]).0.remove(0)
}

/// The most memory this process ever held, from the kernel.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or_default() / 1024
}
