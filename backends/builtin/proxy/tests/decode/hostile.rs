//! Whatever comes is taken or refused, and ends nothing.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use prost_reflect::ReflectMessage;
use prost_reflect::prost::Message;

use super::bytes::{message, of_bytes};
use super::samples;

const KINDS: [&str; 4] = [
    "envoy.config.cluster.v3.Cluster",
    "envoy.config.endpoint.v3.ClusterLoadAssignment",
    "envoy.config.listener.v3.Listener",
    "envoy.config.route.v3.RouteConfiguration",
];

/// Type and bytes of each sample.
static VALID: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let bytes = |sample| {
        let message = message(&sample);
        (message.descriptor().full_name().to_owned(), message.encode_to_vec())
    };
    samples::all().into_iter().map(bytes).collect()
});

/// One that was valid, with some bytes put, taken away or changed.
fn mutated() -> impl Strategy<Value = (String, Vec<u8>)> {
    let edit = (any::<prop::sample::Index>(), any::<u8>(), 0..4u8);
    (any::<prop::sample::Index>(), prop::collection::vec(edit, 1..4)).prop_map(|(which, edits)| {
        let (kind, mut bytes) = VALID[which.index(VALID.len())].clone();
        for (place, byte, how) in edits {
            let place = place.index(bytes.len().max(1));
            match how {
                0 => bytes.insert(place, byte),
                1 if place < bytes.len() => drop(bytes.remove(place)),
                2 => bytes.truncate(place.max(1)),
                _ if place < bytes.len() => bytes[place] = byte,
                _ => {}
            }
        }
        (kind, bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(kind in prop::sample::select(&KINDS), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = of_bytes(kind, &bytes);
    }

    #[test]
    fn no_change_of_a_resource_panics((kind, bytes) in mutated()) {
        if let Err(refusal) = of_bytes(&kind, &bytes) {
            prop_assert!(!refusal.field.is_empty() && !refusal.why.is_empty());
        }
    }
}
