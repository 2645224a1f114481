//! Policies from text to Linkerd's objects.

mod access;
mod split;
