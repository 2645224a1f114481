//! The service and its clients, over sockets of this machine.

mod connecting;
mod harness;
mod holding;
mod plane;
mod reviewing;
mod rotating;
mod signing;
