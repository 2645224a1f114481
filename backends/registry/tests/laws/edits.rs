//! After any sequence of edits the incremental rendering is a fresh one, byte for byte, and each edit tells what it changed.

use std::collections::BTreeMap;

use meshglot_translator::render::{Engine, ObjectId};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use super::model::{key, object, objects};
use super::{documents, fresh, model, said};

/// Every object, as who follows edit by edit knows it.
fn all(engine: &Engine<'_>) -> BTreeMap<ObjectId, String> {
    engine.rendered().objects.into_iter().map(|object| (object.id.clone(), object.json().to_owned())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn incremental_equals_fresh(start in objects(), edits in prop::collection::vec((object(), any::<bool>()), 1..8)) {
        let mut now: BTreeMap<String, Value> = start.iter().map(|object| (key(object), object.clone())).collect();
        let texts = |now: &BTreeMap<String, Value>| now.values().map(Value::to_string).collect::<Vec<_>>();
        let mut edited = model(&texts(&now));
        let mut engines: Vec<_> = meshglot_registry::all().into_iter().map(|backend| (backend, fresh(backend, &edited))).collect();
        let mut kept: Vec<_> = engines.iter().map(|(_, engine)| all(engine)).collect();
        for (object, delete) in edits {
            let document = documents(&[object.to_string()]).remove(0);
            let Some(id) = edited.key_of(&document) else { continue };
            let changed = if delete {
                now.remove(&key(&object));
                edited.put(&id, Vec::new())
            } else {
                now.insert(key(&object), object);
                edited.put(&id, vec![document])
            };
            let whole = model(&texts(&now));
            for ((backend, engine), kept) in engines.iter_mut().zip(&mut kept) {
                let update = engine.update(&edited, &changed);
                for gone in &update.gone {
                    prop_assert!(kept.remove(gone).is_some(), "{}: {} was not there", backend.name(), gone.path());
                }
                kept.extend(engine.rendered_by(&update).map(|object| (object.id.clone(), object.json().to_owned())));
                prop_assert!(*kept == all(engine), "{}: an edit of {} does not tell all that it changed", backend.name(), id);
                prop_assert_eq!(said(engine), said(&fresh(*backend, &whole)), "{} after an edit of {}", backend.name(), id);
            }
        }
        let told = |model: &meshglot_translator::resolve::Model| model.diagnostics().iter().map(|d| (d.code, d.message.clone())).collect::<std::collections::BTreeSet<_>>();
        prop_assert_eq!(told(&edited), told(&model(&texts(&now))));
    }
}
