//! What one mesh gets otherwise, put to the neutral objects that caused it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ignore::Ignore;
use crate::diff::{Item, ObjectChange, Operation, Show, objects};
use crate::ir::{Kind, ObjectKey};
use crate::render::{Backend, ObjectId, Rendered, RenderedObject};

/// What caused a rendered object to change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A neutral object that was changed too.
    Object(ObjectKey),
    /// Nothing that it was rendered from: the inventory, a Mesh, or what another object left free.
    Surroundings,
}

/// How two renderings for one mesh differ.
#[derive(Clone, Debug, Default)]
pub struct RenderedChanges {
    /// By cause, then by object.
    pub changes: BTreeMap<Cause, Vec<ObjectChange<ObjectId>>>,
    /// The namespaces of all that changed objects were rendered from.
    pub(super) namespaces: BTreeSet<Arc<str>>,
    /// Objects alike on both sides.
    pub same: usize,
    /// Differences that were not told because somebody asked for that, by what asked.
    pub ignored: BTreeMap<String, usize>,
}

impl RenderedChanges {
    /// How many objects differ.
    pub fn len(&self) -> usize {
        self.changes.values().map(Vec::len).sum()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Compares two renderings for one mesh; `changed` are the neutral objects that differ.
pub fn rendered(
    backend: &dyn Backend,
    from: &Rendered<'_>,
    to: &Rendered<'_>,
    changed: &BTreeSet<ObjectKey>,
    show: Show,
    ignore: &Ignore,
) -> RenderedChanges {
    let by_id = |of: &Rendered<'_>| -> BTreeMap<ObjectId, usize> {
        of.objects.iter().enumerate().map(|(at, object)| (object.id.clone(), at)).collect()
    };
    let (before, after) = (by_id(from), by_id(to));
    let compared = objects(&items(from), &items(to), |id| backend.shape(id), show);
    let mut found = RenderedChanges { same: compared.same, ..RenderedChanges::default() };
    for change in compared.changes {
        let Some(change) = ignore.apply(change, &mut found.ignored) else {
            found.same += 1;
            continue;
        };
        let old = match &change.operation {
            Operation::Rename { from } => before.get(from),
            Operation::Add | Operation::Remove | Operation::Update(_) => before.get(&change.id),
        };
        let object = |at: Option<&usize>, of: &'_ Rendered<'_>| at.map_or_else(Vec::new, |at| of.objects[*at].sources.clone());
        let mut sources: BTreeSet<ObjectKey> = object(after.get(&change.id), to).into_iter().collect();
        sources.extend(object(old, from));
        found.namespaces.extend(sources.iter().map(|key| key.namespace.clone()));
        // Who uses a group or a route comes before it.
        let uses = |key: &ObjectKey| matches!(key.kind, Kind::TrafficSplit | Kind::TrafficTarget);
        let cause = sources.into_iter().filter(|key| changed.contains(key)).min_by_key(|key| (!uses(key), key.clone()));
        let cause = cause.map_or(Cause::Surroundings, Cause::Object);
        found.changes.entry(cause).or_default().push(change);
    }
    found
}

fn items<'r>(rendered: &'r Rendered<'_>) -> Vec<Item<'r, ObjectId>> {
    rendered.objects.iter().map(|object: &&'r RenderedObject| Item { id: &object.id, body: object.json() }).collect()
}
