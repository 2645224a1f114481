//! Policies from text to Linkerd's objects.

mod access;
mod harness;
mod split;
