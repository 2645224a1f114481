//! The controller on a real Kubernetes API server.

mod admission;
mod cluster;
mod consul;
mod converge;
mod defaults;
mod desk;
mod events;
pub(crate) mod faults;
mod flagger;
mod foreign;
mod fresh;
mod kinds;
mod last_good;
mod leaders;
mod many;
mod order;
mod ownership;
mod pause;
mod rights;
mod serve;
mod signs;
mod switch;
mod trouble;
mod webhook;
mod withheld;
