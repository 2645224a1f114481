//! What a request must look like for a route to take it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::pattern::{HeaderPattern, PathPattern};
use crate::parse::Origin;

/// HTTP methods that SMI names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the words of RFC 9110")]
pub enum Method {
    Connect,
    Delete,
    Get,
    Head,
    Options,
    Patch,
    Post,
    Put,
    Trace,
}

impl Method {
    /// All of them, sorted by their word.
    pub const ALL: [Self; 9] =
        [Self::Connect, Self::Delete, Self::Get, Self::Head, Self::Options, Self::Patch, Self::Post, Self::Put, Self::Trace];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Trace => "TRACE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A condition on one header. Two on one name must both hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderMatch {
    /// Lower case.
    pub name: Arc<str>,
    /// Of the whole value.
    pub value: HeaderPattern,
    /// Where it is written.
    pub origin: Origin,
}

/// One match of an HTTPRouteGroup: all its conditions must hold (P4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpMatch {
    /// Name in its group.
    pub name: Arc<str>,
    /// Never [`PathPattern::Never`]: such a match is left out of the model.
    pub path: PathPattern,
    /// Empty for any method.
    pub methods: BTreeSet<Method>,
    /// Sorted by name.
    pub headers: Vec<HeaderMatch>,
    /// Where it is written.
    pub origin: Origin,
    /// Where its path regex is written.
    pub path_origin: Option<Origin>,
}

impl HttpMatch {
    /// Whether two conditions are on one header name, which few meshes can say.
    pub fn repeated_header(&self) -> Option<&HeaderMatch> {
        self.headers.windows(2).find(|pair| pair[0].name == pair[1].name).map(|pair| &pair[1])
    }
}
