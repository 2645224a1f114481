//! Documents to the model: names to objects, conflicts decided, mistakes told.

mod group;
mod inventory;
mod mesh;
mod metadata;
mod model;
mod object;
mod routes;
mod schema;
mod split;
mod view;

pub use model::Model;
pub use object::ReadOptions;
pub use view::{Read, View};
