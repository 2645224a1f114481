//! Which rendered objects have something to be done about: an edit touches some of them, and only those are looked at again.

use std::collections::BTreeSet;

use meshglot_translator::render::ObjectId;

/// Rendered objects by what came of the last look at each.
#[derive(Default)]
pub(crate) struct Open {
    /// To be looked at: what is wanted, what is there, or what is done about it is otherwise.
    pub(crate) touched: BTreeSet<ObjectId>,
    /// To be written, as soon as that can be.
    pub(crate) differing: BTreeSet<ObjectId>,
    /// Ours, and nobody wants them.
    pub(crate) unwanted: BTreeSet<ObjectId>,
}
