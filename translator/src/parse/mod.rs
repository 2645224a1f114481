//! Text to documents: the only part that knows files, lines and columns.

mod document;
pub mod limits;
mod path;
mod source;
mod yaml;

use std::sync::Arc;

pub use document::{Document, NodeId, NodeRef, Origin, Scalar};
pub use path::{Entry, Step, steps};
pub use source::{Position, Source, Span};
pub(crate) use yaml::{Part, items_of_list, list_items, parts};

use crate::diagnostic::Diagnostic;

/// Reads all documents of some sources. Bad ones are told and left out; the others are kept, in order.
pub fn parse(sources: &[Arc<Source>]) -> (Vec<Arc<Document>>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let documents = sources.iter().flat_map(|source| yaml::read(source, &mut diagnostics)).collect();
    (documents, diagnostics)
}
