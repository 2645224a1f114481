//! Envoy's messages as far as this mesh writes them, described well enough to turn their JSON into bytes.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::kind::Kind;

/// Made from the sources of Envoy's API in the crate `envoy-types`, by the test `descriptors`.
const BYTES: &[u8] = include_bytes!("descriptors.bin");

/// All of them.
fn pool() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        // A test reads the same bytes: a build with others does not pass.
        DescriptorPool::decode(BYTES).expect("the descriptors are those that the test wrote")
    });
    &POOL
}

/// The message of a kind.
pub(crate) fn of(kind: Kind) -> Option<MessageDescriptor> {
    let (_, full_name) = kind.type_url().split_once('/')?;
    pool().get_message_by_name(full_name)
}
