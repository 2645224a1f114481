//! Commands against a real Kubernetes API server.

mod look;
mod owned;
mod site;
