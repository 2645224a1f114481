//! A graph as a document of its own, to be kept, printed or put into another document.

use askama::Template;

use super::picture::{Caption, Picture};
use super::style;
use super::value::Graph;

/// A graph as an SVG document that needs nothing beside it: its style is in it, its colours are those for light paper,
/// and nothing in it is a link, because links of a page lead nowhere from a file.
#[derive(Debug, Template)]
#[template(path = "graph/file.svg")]
pub struct File {
    caption: Caption,
    picture: Picture,
}

/// What a policy for content has to allow, so that a browser shows a file as it is meant.
pub(crate) fn style_hash() -> String {
    style::hash_of_file()
}

impl File {
    /// Draws a graph.
    pub fn new(graph: &Graph, caption: Caption) -> Self {
        Self { caption: caption.clean(), picture: Picture::new(graph, false) }
    }

    fn style(&self) -> String {
        style::element_of_file()
    }
}
