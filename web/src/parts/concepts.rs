//! Two meshes side by side: what became of each neutral field on both.

use meshglot_translator::parse::Origin;
use meshglot_translator::render::{Rendered, Verdict};
use meshglot_translator::review::{Concept, Place, Saying, leftovers};
use serde_json::Value;

use super::verdict::Badge;

/// Longer values are cut.
const LONGEST: usize = 160;

/// More fields are not shown.
const MOST: usize = 500;

/// A table with a row per neutral field.
pub(crate) struct Concepts {
    pub(crate) names: [&'static str; 2],
    pub(crate) rows: Vec<Row>,
    /// Fields beyond those that are shown.
    pub(crate) more: usize,
    pub(crate) alike: usize,
    pub(crate) unlike: usize,
    /// Fields of each that no neutral field decided; empty unless everything is shown.
    pub(crate) own: [Vec<Field>; 2],
    pub(crate) own_count: [usize; 2],
}

/// A neutral field.
pub(crate) struct Row {
    pub(crate) word: &'static str,
    pub(crate) path: String,
    pub(crate) holder: String,
    /// `FILE:LINE:COLUMN`, and the page where that stands.
    pub(crate) place: (String, Option<String>),
    pub(crate) alike: bool,
    pub(crate) cells: Vec<Cell>,
}

/// What one mesh says.
pub(crate) struct Cell {
    /// Absent where it is exact.
    pub(crate) badge: Option<Badge>,
    pub(crate) codes: Vec<&'static str>,
    pub(crate) fields: Vec<Field>,
    /// Where it stands in no field: whether it is said all the same.
    pub(crate) said: bool,
}

/// A field of a rendered object.
pub(crate) struct Field {
    pub(crate) object: String,
    pub(crate) path: String,
    pub(crate) value: String,
}

impl Concepts {
    /// Of the concepts of two renderings; `all`: those that are alike, too.
    /// `link`: the page where a field is written.
    pub(crate) fn of(concepts: &[Concept], meshes: [&Rendered<'_>; 2], all: bool, link: impl Fn(&Origin) -> Option<String>) -> Self {
        let alike = concepts.iter().filter(|concept| concept.is_alike()).count();
        let shown: Vec<&Concept> = concepts.iter().filter(|concept| all || !concept.is_alike()).collect();
        let own = meshes.map(|rendered| leftovers(rendered));
        Self {
            names: meshes.map(|rendered| rendered.backend),
            rows: shown.iter().take(MOST).map(|concept| Row::of(concept, &link)).collect(),
            more: shown.len().saturating_sub(MOST),
            alike,
            unlike: concepts.len() - alike,
            own_count: own.each_ref().map(Vec::len),
            own: own.map(|places| if all { places.iter().take(MOST).map(Field::of).collect() } else { Vec::new() }),
        }
    }
}

impl Row {
    fn of(concept: &Concept, link: impl Fn(&Origin) -> Option<String>) -> Self {
        Self {
            word: concept.word,
            path: concept.at.path(),
            holder: concept.at.object(),
            place: (concept.at.location(), link(&concept.at)),
            alike: concept.is_alike(),
            cells: concept.sayings.iter().map(Cell::of).collect(),
        }
    }
}

impl Cell {
    fn of(saying: &Saying) -> Self {
        Self {
            badge: (saying.verdict != Verdict::Exact).then(|| Badge::of_loss(saying.verdict.word())),
            codes: saying.codes.iter().map(|code| code.info().name).collect(),
            fields: saying.places.iter().map(Field::of).collect(),
            said: saying.verdict <= Verdict::Rounded,
        }
    }
}

impl Field {
    fn of(place: &Place) -> Self {
        let object = format!("{}/{}/{}", place.object.kind, place.object.namespace, place.object.name);
        Self { object, path: place.path.clone(), value: shortened(&place.value) }
    }
}

/// Compact, and cut where it is long.
fn shortened(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
