//! Why a resource is not taken.

/// Why a resource is not taken: the words of a NACK.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Refusal {
    /// The field, spelled as protobuf JSON does with the names of the proto files, such as `filter_chains[2].filters[0].typed_config.via`.
    /// What concerns the resource as a whole stands at the name of its message.
    pub field: String,
    /// What is wrong with it, and what is understood instead.
    pub why: String,
}
