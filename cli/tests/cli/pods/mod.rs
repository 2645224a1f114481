//! The controller in pods, on a node of a real Kubernetes.

mod across;
mod builtin;
mod callers;
mod flagger;
mod flagger_site;
mod inject;
mod inject_site;
mod journey;
mod life;
mod look;
mod page;
mod plane;
mod reboot;
mod rights;
mod sample;
mod sidecar;
mod sidecar_site;
mod site;
mod webhook;
