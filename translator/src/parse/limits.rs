//! How much input is read before it is refused: inputs are hostile.

/// Bytes of one source.
pub const SOURCE_BYTES: usize = 64 << 20;
/// Levels of nesting; Kubernetes objects stay below 40.
pub const DEPTH: usize = 100;
/// Values that aliases may add to one YAML document: a bomb doubles with every line.
pub const ALIAS_NODES: usize = 100_000;
/// Characters of one regular expression.
pub const REGEX_CHARS: usize = 4096;
/// Bytes that one compiled regular expression may take.
pub const REGEX_BYTES: usize = 1 << 20;
