//! After any sequence of edits the incremental rendering is a fresh one, byte for byte.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use super::model::{key, object, objects};
use super::{documents, fresh, model, said};

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn incremental_equals_fresh(start in objects(), edits in prop::collection::vec((object(), any::<bool>()), 1..8)) {
        let mut now: BTreeMap<String, Value> = start.iter().map(|object| (key(object), object.clone())).collect();
        let texts = |now: &BTreeMap<String, Value>| now.values().map(Value::to_string).collect::<Vec<_>>();
        let mut edited = model(&texts(&now));
        let mut engines: Vec<_> = meshglot_registry::all().into_iter().map(|backend| (backend, fresh(backend, &edited))).collect();
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
            for (backend, engine) in &mut engines {
                engine.update(&edited, &changed);
                prop_assert_eq!(said(engine), said(&fresh(*backend, &whole)), "{} after an edit of {}", backend.name(), id);
            }
        }
        let told = |model: &meshglot_translator::resolve::Model| model.diagnostics().iter().map(|d| (d.code, d.message.clone())).collect::<std::collections::BTreeSet<_>>();
        prop_assert_eq!(told(&edited), told(&model(&texts(&now))));
    }
}
