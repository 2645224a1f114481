//! Two states of policy held against each other, or two meshes of one state: what a reviewer is shown.
//!
//! Three levels: [`intent`] is what people wrote, [`rendered`] what each mesh gets because of it, [`losses`] what a mesh
//! cannot say any more or again; what calls become of it is the effect. [`concepts`] puts two meshes
//! side by side, neutral field by neutral field.

mod comparison;
mod concepts;
mod consequence;
mod ignore;
mod intent;
mod losses;
mod neutral;
mod rendered;
mod switch;

pub use comparison::{Comparison, Look, MeshChanges, State, compare};
pub use concepts::{Concept, Place, Saying, concepts, leftovers};
pub use consequence::{Unlike, unlike};
pub use ignore::{Ignore, IgnoreError};
pub use intent::{LocatedField, NeutralChange, NeutralOperation, intent};
pub use losses::{LossChanges, LossKey, losses};
pub use neutral::form;
pub use rendered::{Cause, RenderedChanges, rendered};
pub use switch::{Switch, losses_between};
