//! The built-in mesh as processes: `meshglot run` and `meshglot proxy`.

mod answers;
mod api_service;
mod demo;
mod directory;
mod envoy;
mod faults;
mod look;
mod machine;
mod machines;
mod objects;
mod ours;
mod running;
mod smi_metrics;
mod tutorial;

pub(super) use demo::alone;
pub(super) use running::Running;
