//! Neither the order of documents nor that of keys changes a byte of output.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use super::model::objects;
use super::{fresh, model, said};

/// JSON with the keys of every mapping in another order, decided by a seed.
pub(crate) fn shuffled(value: &Value, seed: u64) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)));
            let entries: Vec<String> =
                entries.into_iter().map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), shuffled(value, seed))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(|item| shuffled(item, seed)).collect::<Vec<_>>().join(", ")),
        scalar => scalar.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn order_of_input_changes_nothing(objects in objects(), order in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let plain: Vec<String> = objects.iter().map(Value::to_string).collect();
        let mut other: Vec<String> = objects.iter().map(|object| shuffled(object, seed)).collect();
        if !other.is_empty() {
            let at = order.index(other.len());
            other.rotate_left(at);
            other.reverse();
        }
        let (plain, other) = (model(&plain), model(&other));
        for backend in meshglot_registry::all() {
            prop_assert_eq!(said(&fresh(backend, &plain)), said(&fresh(backend, &other)), "{}", backend.name());
        }
    }
}
