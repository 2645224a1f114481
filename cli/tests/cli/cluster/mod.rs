//! Commands against a real Kubernetes API server.

mod look;
mod site;
