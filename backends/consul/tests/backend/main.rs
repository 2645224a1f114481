//! Policies from text to Consul's objects.

mod access;
mod harness;
mod split;
