//! What is kept while a resource is read.

use std::collections::HashMap;
use std::sync::Arc;

use super::at::At;
use super::refusal::Refusal;
use super::regex;
use crate::table::{ClusterId, Names, RouteId, Text};

/// Bytes of a name, at most.
const NAME: usize = 4096;

/// Names with their numbers, and regular expressions that were compiled, each once.
pub(super) struct Known<'n> {
    names: &'n mut Names,
    texts: HashMap<Box<str>, Text>,
}

impl<'n> Known<'n> {
    pub(super) fn new(names: &'n mut Names) -> Self {
        Self { names, texts: HashMap::new() }
    }

    /// The number of a cluster that is named here.
    pub(super) fn cluster(&mut self, at: &At<'_>, name: &str) -> Result<ClusterId, Refusal> {
        named(at, name)?;
        Ok(self.names.cluster(name))
    }

    /// The number of a route configuration that is named here.
    pub(super) fn route(&mut self, at: &At<'_>, name: &str) -> Result<RouteId, Refusal> {
        named(at, name)?;
        Ok(self.names.route(name))
    }

    /// A regular expression for a whole text.
    pub(super) fn text(&mut self, at: &At<'_>, written: &str) -> Result<Text, Refusal> {
        if let Some(known) = self.texts.get(written) {
            return Ok(known.clone());
        }
        let text = Text { written: written.into(), compiled: regex::whole(at, written)? };
        self.texts.insert(written.into(), text.clone());
        Ok(text)
    }
}

/// A name that has to be there.
pub(super) fn named(at: &At<'_>, name: &str) -> Result<Arc<str>, Refusal> {
    if name.is_empty() { Err(at.refuse("is missing")) } else { short(at, name) }
}

/// A name that may be empty.
pub(super) fn short(at: &At<'_>, name: &str) -> Result<Arc<str>, Refusal> {
    if name.len() > NAME { Err(at.refuse(format!("is longer than {NAME} bytes"))) } else { Ok(name.into()) }
}
