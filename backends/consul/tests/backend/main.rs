//! Policies from text to Consul's objects.

mod access;
mod split;
