//! The control plane from outside.

mod descriptors;
mod encoding;
mod model;
mod ordering;
mod refusal;
mod stream;
mod views;
