//! The field that older versions of a kind have at the top, and newer ones below `spec`.

use crate::diagnostic::{Code, Diagnostic};
use crate::parse::NodeRef;

/// A field that stands in both places and does not say the same.
pub(super) struct Twice<'n> {
    top: NodeRef<'n>,
    pub(super) below: NodeRef<'n>,
}

/// A field by its name at the top and its name below `spec`; `None` if it stands in neither place.
///
/// # Errors
/// It stands in both, differently.
pub(super) fn place<'n>(root: NodeRef<'n>, top: &str, below: &str) -> Result<Option<NodeRef<'n>>, Twice<'n>> {
    match (root.get(top), root.find(["spec", below])) {
        (Some(top), Some(below)) if !top.same_value(below) => Err(Twice { top, below }),
        (top, below) => Ok(below.or(top)),
    }
}

impl Twice<'_> {
    /// The mistake, told of both places.
    pub(super) fn told(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(Code::MG0013, self.top, message).also_at(self.below.origin(), "the other one")
    }
}
