//! Commands against a real Kubernetes API server.

mod check;
mod dashboard;
mod diff;
mod edit;
mod look;
mod owned;
mod page;
mod pages;
mod site;
mod switch;
mod view;
mod webhook;
