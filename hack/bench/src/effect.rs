//! What an edit does, told from two models that are there: one list of callers, and everything at once.

use meshglot_translator::effect::{Effect, Options, Side, effect};
use meshglot_translator::eval::Neutral;
use meshglot_translator::ir::{AccessDefault, MeshSettings};
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::resolve::{Model, ReadOptions};

use crate::access::ACCESS;
use crate::stages::timed;

/// The head of the table.
pub(crate) const HEAD: &str = "\
| Targets | Services | Objects in | Pairs compared | One edit's effect ms | Of it changes | Every workload opened ms | Of it changes |
|---|---|---|---|---|---|---|---|";

/// The word of the command line.
pub(crate) const WORD: &str = "effect";

/// The sizes of the table, in targets.
pub(crate) const SIZES: [usize; 3] = [666, 5_000, 20_000];

/// Prints one row.
pub(crate) fn run(targets: usize) {
    let text = (ACCESS.text)(targets);
    let mesh = MeshSettings::default();
    let before = model(&text, mesh.clone());
    let mut edited = model(&text, mesh.clone());
    let document = parse(&[Source::new("edit.yaml", (ACCESS.edit)(1, targets))]).0.remove(0);
    let key = edited.key_of(&document).expect("what is edited has a key");
    edited.put(&key, vec![document]);
    let opened = model(&text, MeshSettings { access_default: AccessDefault::Allow, ..mesh });
    // Whoever compares two models has told what is wrong with both.
    assert!([&before, &edited, &opened].iter().all(|model| model.diagnostics().is_empty()), "the shop is valid");
    let (one, edit) = timed(|| difference(&before, &edited));
    let (all, opening) = timed(|| difference(&before, &opened));
    assert!(one.doubts.is_empty() && all.doubts.is_empty(), "all is decided");
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    println!(
        "| {targets} | {} | {} | {} | {:.0} | {} | {:.0} | {} |",
        targets.div_ceil(2),
        before.keys().count(),
        one.compared,
        ms(edit),
        one.access.len(),
        ms(opening),
        all.access.len()
    );
}

fn model(text: &str, mesh: MeshSettings) -> Model {
    Model::new(parse(&[Source::new("shop.yaml", text.to_owned())]).0, ReadOptions::default()).with_implied_mesh(mesh)
}

fn difference(from: &Model, to: &Model) -> Effect {
    let (left, right) = (Neutral::new(from), Neutral::new(to));
    effect(&Side { model: from, reading: &left, mesh: None }, &Side { model: to, reading: &right, mesh: None }, &Options::default())
}
