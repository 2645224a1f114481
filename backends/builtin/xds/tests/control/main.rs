//! The control plane from outside.

mod connections;
mod crowd;
mod descriptors;
mod encoding;
mod guards;
mod law;
mod model;
mod ordering;
mod plane;
mod refusal;
mod stream;
mod views;
