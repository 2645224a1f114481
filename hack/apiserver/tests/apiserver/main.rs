//! The API server of the tests is a real one, does what tests ask of it, and leaves nothing behind.

mod aggregation;
mod crds;
mod gate;
mod leftovers;
mod objects;
mod restarts;
mod users;
mod watching;
