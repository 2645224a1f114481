//! Policies from text to Istio's objects.

mod access;
mod harness;
mod never_wider;
