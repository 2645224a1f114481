//! The view as a browser gets it: pages, their data, and what is refused.

mod codes;
mod data;
mod graph;
mod guard;
mod live;
mod markup;
mod mesh;
mod observed;
mod playground;
mod policies;
mod routes;
mod scripted;
mod streams;
mod support;
mod topology;
