//! Commands against a real Kubernetes API server.

mod diff;
mod look;
mod owned;
mod site;
