//! Every object that a backend renders is of a kind that it names: whoever watches what is rendered knows all of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use meshglot_translator::parse::Source;
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::resolve::ReadOptions;

/// `group/version kind` of each object of a file of ours.
fn written(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let documents = text.split("\n---\n");
    let of = |document: &str, field: &str| document.lines().find_map(|line| line.strip_prefix(field)).map(str::to_owned);
    documents.filter_map(|document| Some(format!("{} {}", of(document, "apiVersion: ")?, of(document, "kind: ")?))).collect()
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.is_dir()).collect()
}

#[test]
fn goldens_hold_the_kinds_that_are_named_and_no_others() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden");
    let cases: Vec<PathBuf> = folders(&golden).iter().flat_map(|feature| folders(feature)).collect();
    for backend in meshglot_registry::all().into_iter().filter(|backend| backend.name() != "builtin") {
        let named: BTreeSet<String> = backend.kinds().iter().map(|kind| format!("{}/{} {}", kind.group, kind.version, kind.kind)).collect();
        let file = format!("{}.yaml", backend.name());
        let found: BTreeSet<String> = cases.iter().flat_map(|case| written(&case.join(&file))).collect();
        assert_eq!(found, named, "{}", backend.name());
    }
}

/// A controller does not watch them: the meshes know themselves which endpoints a Service has.
#[test]
fn what_a_cluster_gets_does_not_depend_on_its_endpoint_slices() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden");
    let cases: Vec<PathBuf> = folders(&golden).iter().flat_map(|feature| folders(feature)).collect();
    let inputs = cases.iter().map(|case| case.join("input.yaml"));
    let texts: Vec<String> =
        inputs.filter_map(|path| fs::read_to_string(path).ok()).filter(|text| text.contains("EndpointSlice")).collect();
    assert!(texts.len() > 1);
    for backend in meshglot_registry::all().into_iter().filter(|backend| !backend.kinds().is_empty()) {
        for text in &texts {
            let rendered = |text: String| {
                let source = Source::new("input.yaml".to_owned(), text);
                let options = ReadOptions::default();
                let plan = Plan::of(&[source], Vec::new(), options, Chosen::These(vec![backend]), BTreeSet::new());
                plan.engines[0].1.rendered().bodies()
            };
            let without: Vec<&str> = text.split("\n---\n").filter(|document| !document.contains("kind: EndpointSlice")).collect();
            assert!(without.len() < text.split("\n---\n").count(), "{text}");
            assert_eq!(rendered(text.clone()), rendered(without.join("\n---\n")), "{}", backend.name());
        }
    }
}
