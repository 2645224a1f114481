//! How configuration comes in: a client of aggregated discovery that asks for changes alone (delta xDS).
//!
//! It takes what it is sent into a [`Take`], answers as Envoy does, and keeps the last good resources in a [`crate::store::Store`].

mod answer;
mod client;
mod error;
mod kind;
mod settings;
mod status;
mod stream;
mod take;
mod taken;

pub use client::Client;
pub use kind::Kind;
pub use settings::Settings;
pub use status::Status;
pub use take::Take;
pub(crate) use taken::lock;
