//! Policies from text to Envoy's resources, and back to what these do.

mod access;
mod examples;
mod harness;
mod incremental;
mod particulars;
mod reading;
mod resources;
