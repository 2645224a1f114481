//! Graphs of who calls whom, drawn on the server as SVG.
//!
//! A page makes a [`Graph`], a plain value, and gets an [`Inline`] picture for itself or a [`File`] to download. Where
//! things stand is worked out here ([ADR 0014](../../../docs/adr/0014-graph-layout.md)): callers left, callees right, the
//! same graph always at the same places. How it looks stands in `assets/graph.css` alone.

mod file;
mod layout;
mod legend;
mod measure;
mod picture;
mod shape;
mod style;
mod value;

pub use file::File;
pub(crate) use file::style_hash;
pub use picture::{Caption, Inline};
pub use value::{Badge, Broken, Edge, EdgeKind, Graph, Node, NodeKind, Seen, Tone};
