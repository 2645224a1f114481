//! One size, one backend: each stage timed apart, then one edit.

use std::sync::Arc;
use std::time::Duration;

use meshglot_translator::eval::Verdict;
use meshglot_translator::ir::MeshSettings;
use meshglot_translator::parse::{Document, Source, parse};
use meshglot_translator::render::{Engine, Target};
use meshglot_translator::resolve::{Model, ReadOptions};
use rustix::time::{ClockId, clock_gettime};

use crate::can;
use crate::shop::Shop;

/// The columns, and two more where the shop has a call to ask about.
pub(crate) fn head(shop: &Shop) -> String {
    let columns = format!(
        "| Backend | {} | Objects in | MiB in | Parse ms | of it serde-saphyr's | Resolve ms | Render ms | Write ms | Objects out | One edit ms | Render calls | Peak MiB |",
        shop.counts
    );
    let columns = if shop.call.is_some() { format!("{columns} `can` ms | with the backend ms |") } else { columns };
    format!("{columns}\n|{}", "---|".repeat(columns.matches('|').count() - 1))
}

/// Time of this thread on a processor: what others do on the machine at that time does not count.
pub(crate) fn timed<T>(stage: impl FnOnce() -> T) -> (T, Duration) {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
    };
    let start = now();
    let value = stage();
    (value, now() - start)
}

/// Prints one row.
pub(crate) fn run(shop: &Shop, backend: &str, size: usize) {
    let backend = meshglot_registry::find(backend).expect("a backend of the registry");
    let text = (shop.text)(size);
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

    let asked = shop.call.map(|call| {
        let request = can::request(call(size));
        let (neutral, neutrally) = timed(|| can::neutral(&model, &request));
        let (rendered, by_backend) = timed(|| can::rendered(backend, &model, &engine.rendered(), &request));
        assert_eq!((neutral, rendered), (Verdict::Allow, Verdict::Allow), "the shop allows the call");
        (neutrally, by_backend)
    });

    let edits: Vec<Arc<Document>> = (0..21).map(|n| document((shop.edit)(n, size))).collect();
    let mut times: Vec<Duration> = Vec::new();
    let before = engine.renders();
    for document in &edits {
        let key = model.key_of(document).expect("what is edited has a key");
        let ((), time) = timed(|| {
            let changed = model.put(&key, vec![document.clone()]);
            engine.update(&model, &changed);
        });
        times.push(time);
    }
    let calls = (engine.renders() - before) as f64 / edits.len() as f64;
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    print!(
        "| {} | {size} | {objects} | {:.1} | {:.0} | {:.2} x | {:.0} | {:.0} | {:.0} | {} | {:.3} | {calls:.1} | {peak} |",
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
    println!("{}", asked.map(|(neutrally, by_backend)| format!(" {:.0} | {:.0} |", ms(neutrally), ms(by_backend))).unwrap_or_default());
}

fn documents_of(text: &str) -> Vec<serde_json::Value> {
    // One document at a time, as its budget against bombs is for one.
    text.split("---\n").filter(|text| !text.is_empty()).map(|text| serde_saphyr::from_str(text).expect("the shop is YAML")).collect()
}

fn document(text: String) -> Arc<Document> {
    parse(&[Source::new("edit.yaml", text)]).0.remove(0)
}

/// The most memory this process ever held, from the kernel.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or_default() / 1024
}
