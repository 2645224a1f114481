//! The client of aggregated discovery against a control plane that says what a test wants it to, over sockets of this machine.

mod answering;
mod keeping;
mod plane;
mod returning;
mod take;
mod under_test;
