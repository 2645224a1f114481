//! Model to backend objects: units, recorded reads, losses, provenance.

mod backend;
mod engine;
mod loss;
mod rendered;
mod used;
pub mod write;

pub use backend::{Backend, Capability, RenderedKind, UnitKey};
pub use engine::{Engine, Target, Update};
pub use loss::{Loss, Report, Verdict};
pub use rendered::{Fragment, ObjectId, Owner, Provenance, Rendered, RenderedObject, ReplaceSet};
pub use used::used;
