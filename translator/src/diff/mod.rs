//! Compares two sets of objects field by field, never as text: what a reviewer reads and a patch applies.
//!
//! Lists are told apart by what they mean ([`List`]): items with a name are found by it, sets have no order, and where
//! the first match wins a changed order is told as a move. What a server adds or fills in is made alike on both sides
//! before anything is compared ([`normalised`]).

mod align;
mod duration;
mod fields;
mod normal;
mod objects;
mod patch;
mod path;
mod shape;

pub use json_patch::Patch;

pub use fields::{Edit, FieldChange, fields};
pub use normal::{Show, normalised};
pub use objects::{Compared, Item, ObjectChange, Operation, objects};
pub use patch::patch;
pub use path::{FieldPath, Step};
pub use shape::{List, Scalar, Shape};
