//! Rendered objects as YAML, line by line, with what decided each line.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::parse::{Document, Origin, Source, parse};
use meshglot_translator::render::write::yaml;
use meshglot_translator::render::{Provenance, RenderedObject};

use super::listing::{Listing, Trail};
use crate::problem::Problem;

/// The YAML of an object, exactly as `render` prints it.
pub(crate) struct Drawn<'o> {
    pub(crate) object: &'o RenderedObject,
    pub(crate) text: String,
}

impl<'o> Drawn<'o> {
    pub(crate) fn of(object: &'o RenderedObject) -> Result<Self, Problem> {
        let text = yaml(&object.body()).map_err(|error| Problem::internal(&error.to_string()))?;
        Ok(Self { object, text })
    }

    /// Its lines, of which the first has this number. `trail` says how a neutral field is shown.
    pub(crate) fn listing(&self, first: u32, trail: impl Fn(&Origin) -> Trail) -> Listing<'_> {
        let mut listing = Listing::of(self.text.lines(), first);
        for Decided { first: begin, last, origin } in self.decided() {
            let trail = trail(origin);
            if trail.own {
                (begin..=last).for_each(|at| listing.line(first + at - 1).into_iter().for_each(|line| line.own = true));
            }
            let Some(line) = listing.line(first + begin - 1) else { continue };
            if !line.trails.contains(&trail) {
                line.trails.push(trail);
            }
        }
        listing
    }

    /// What neutral fields decided.
    pub(crate) fn decided(&self) -> Vec<Decided<'o>> {
        if self.object.provenance.is_empty() {
            return Vec::new();
        }
        let (documents, _) = parse(&[Source::new("", self.text.as_str())]);
        let Some(document) = documents.first() else { return Vec::new() };
        let field = |field: &'o Provenance| {
            let found = document.root().at_path(&field.path)?;
            let span = found.value.span();
            // A mapping begins below its key, and ends where something else begins.
            let first = found.key.unwrap_or(found.value).origin().position().line;
            let last = document.source().position(span.end.saturating_sub(1)).line.max(first);
            Some(Decided { first, last, origin: &field.origin })
        };
        self.object.provenance.iter().filter_map(field).collect()
    }
}

/// Lines, both ends included and from 1, and the neutral field that decided what stands there.
pub(crate) struct Decided<'o> {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) origin: &'o Origin,
}

/// A YAML stream of objects, as `render` prints it.
pub(crate) fn stream<'o>(objects: impl IntoIterator<Item = &'o RenderedObject>) -> Result<String, Problem> {
    let bodies = objects.into_iter().map(RenderedObject::body);
    meshglot_translator::render::write::yaml_stream(bodies).map_err(|error| Problem::internal(&error.to_string()))
}

/// Whose document an origin stands in; found once for each.
#[derive(Default)]
pub(crate) struct Holders(BTreeMap<*const Document, Option<ObjectKey>>);

impl Holders {
    /// The object that holds it.
    pub(crate) fn of(&mut self, origin: &Origin, key_of: impl FnOnce(&Arc<Document>) -> Option<ObjectKey>) -> Option<&ObjectKey> {
        let document = origin.document();
        self.0.entry(Arc::as_ptr(document)).or_insert_with(|| key_of(document)).as_ref()
    }
}
