//! What the lists and values of a kind mean when two of its objects are compared.

use super::path::Trail;

/// The rules of one kind. Paths are keys joined by dots, `*` for every item of a list or every key of a map; one that
/// begins with `**.` holds wherever its end does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shape {
    /// Lists that are more than a sequence of items.
    pub lists: &'static [(&'static str, List)],
    /// What a server fills in where nothing is written, as JSON text.
    pub defaults: &'static [(&'static str, &'static str)],
    /// Values that may be spelt in several ways.
    pub scalars: &'static [(&'static str, Scalar)],
    /// Fields that a server writes, and that nobody means.
    pub ignored: &'static [&'static str],
}

/// What a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Items in any order, told apart by these fields (paths within the item).
    Keyed(&'static [&'static str]),
    /// Items in any order, told apart by what they hold.
    Set,
    /// The first item that fits wins; told apart by these fields, by what they hold if there are none.
    Ordered(&'static [&'static str]),
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `60s` is `1m`.
    Duration,
    /// Case does not matter.
    Lower,
    /// A host name: a dot at the end means nothing, and a name without dots is a Service of the object's namespace.
    Host,
}

impl List {
    /// The same without names.
    pub(super) fn nameless(self) -> Self {
        match self {
            Self::Keyed(_) | Self::Set => Self::Set,
            Self::Ordered(_) => Self::Ordered(&[]),
        }
    }
}

impl Shape {
    /// Nothing is known about the kind.
    pub const PLAIN: Self = Self { lists: &[], defaults: &[], scalars: &[], ignored: &[] };

    pub(super) fn list(&self, at: &Trail) -> List {
        let known = self.lists.iter().find(|(pattern, _)| at.fits(pattern));
        known.map_or(List::Ordered(&[]), |(_, list)| *list)
    }

    pub(super) fn scalar(&self, at: &Trail) -> Option<Scalar> {
        self.scalars.iter().find(|(pattern, _)| at.fits(pattern)).map(|(_, scalar)| *scalar)
    }

    pub(super) fn is_ignored(&self, at: &Trail) -> bool {
        self.ignored.iter().any(|pattern| at.fits(pattern))
    }
}
