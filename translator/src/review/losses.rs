//! What a mesh cannot say any more, or can again.

use std::collections::BTreeMap;

use crate::diagnostic::Code;
use crate::ir::ObjectKey;
use crate::render::{Loss, Verdict};

/// Which loss it is, whatever its words: they may tell numbers that were edited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LossKey {
    /// The mesh.
    pub backend: &'static str,
    /// What is lost.
    pub code: Code,
    /// How bad.
    pub verdict: Verdict,
    /// The neutral object that is not rendered as it was written.
    pub object: ObjectKey,
    /// The field that wrote it, and the object that holds it.
    pub field: String,
}

/// How the losses of two renderings differ.
#[derive(Clone, Debug, Default)]
pub struct LossChanges {
    /// Not there before.
    pub added: Vec<Loss>,
    /// Not there any more.
    pub removed: Vec<Loss>,
}

impl LossChanges {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

impl LossKey {
    /// Of a loss.
    pub fn of(loss: &Loss) -> Self {
        let Loss { code, verdict, backend, object, origin, .. } = loss;
        let field = format!("{} {}", origin.object(), origin.path());
        Self { backend, code: *code, verdict: *verdict, object: object.clone(), field }
    }
}

/// Compares the losses of two renderings for one mesh; by code, then object.
pub fn losses(from: &[&Loss], to: &[&Loss]) -> LossChanges {
    let keyed = |losses: &[&Loss]| -> BTreeMap<LossKey, Loss> { losses.iter().map(|loss| (LossKey::of(loss), (*loss).clone())).collect() };
    let (before, after) = (keyed(from), keyed(to));
    let only = |of: &BTreeMap<LossKey, Loss>, other: &BTreeMap<LossKey, Loss>| {
        of.iter().filter(|(key, _)| !other.contains_key(key)).map(|(_, loss)| loss.clone()).collect()
    };
    LossChanges { added: only(&after, &before), removed: only(&before, &after) }
}
