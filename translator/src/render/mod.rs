//! Model to backend objects: units, recorded reads, losses, provenance.

mod backend;
mod engine;
mod loss;
mod pod;
mod rendered;
mod used;
pub mod write;

pub use backend::{Backend, Capability, RenderedKind, UnitKey};
pub use engine::{Engine, Leaving, Target, Update};
pub use loss::{Loss, Report, Verdict};
pub use pod::{has_container, version_of_image};
pub use rendered::{Fragment, ObjectId, Owner, Provenance, Rendered, RenderedObject, ReplaceSet};
pub use used::used;
