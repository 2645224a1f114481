//! Faults that a controller has to survive, with nothing lost, nothing foreign touched, and nobody let in meanwhile.

mod clock;
pub(crate) mod edits;
mod gone;
mod guard;
mod kills;
mod large;
mod passages;
mod process;
mod record;
mod removed;
mod rewriting;
mod storms;
