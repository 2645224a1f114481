//! The shape of the repository as ordinary tests: who may depend on whom, and what every file must look like.
//!
//! Each check takes plain values and gives a line per finding: what is wrong, where, and why it matters. The
//! checks on made-up values stand below each file; `tests/tidy.rs` runs all of them on this repository.
//! The crate depends on no other of the workspace, so that it still speaks when they do not compile.

pub mod arrows;
pub mod codes;
pub mod goldens;
pub mod links;
pub mod lock;
pub mod shape;
pub mod source;
pub mod tree;
pub mod workspace;

/// One line per finding; none if all is well.
pub type Findings = Vec<String>;
