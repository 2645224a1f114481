//! The view as a browser gets it: pages, their data, and what is refused.

mod codes;
mod data;
mod graph;
mod guard;
mod markup;
mod playground;
mod policies;
mod routes;
mod support;
mod topology;
