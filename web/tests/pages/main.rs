//! The view as a browser gets it: pages, their data, and what is refused.

mod data;
mod graph;
mod guard;
mod playground;
mod routes;
mod support;
mod topology;
