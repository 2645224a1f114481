//! The controller in pods, on a node of a real Kubernetes.

mod life;
mod page;
mod site;
mod webhook;
