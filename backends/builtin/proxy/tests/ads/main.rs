//! The client of aggregated discovery against a control plane that says what a test wants it to, over sockets of this machine.

mod answering;
mod keeping;
mod listening;
mod plane;
mod returning;
mod sessions;
mod take;
mod under_test;
mod whole;
