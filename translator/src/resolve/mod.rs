//! Documents to the model: names to objects, conflicts decided, mistakes told.

mod access;
mod binding;
mod group;
mod inventory;
mod memo;
mod mesh;
mod metadata;
mod model;
mod object;
mod place;
mod readers;
mod routes;
mod schema;
mod split;
mod target;
mod view;
mod without;
mod workload;

pub use model::Model;
pub(crate) use object::{Object, Recognised, read, recognise};
pub use object::{ReadOptions, key_of};
pub(crate) use readers::Readers;
pub(crate) use split::{LARGEST_WEIGHT, counted, thousandths};
pub use view::{Read, View};
