//! The built-in mesh as processes: `meshglot run` and `meshglot proxy`.

mod answers;
mod directory;
mod envoy;
mod ours;
mod running;

pub(super) use running::Running;
