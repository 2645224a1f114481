//! Several meshes side by side: for each neutral field what it became on each of them, by provenance and losses. Two
//! trees of YAML that have nothing in common are never compared line by line.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diagnostic::Code;
use crate::parse::{Origin, Span, Step, steps};
use crate::render::{Loss, ObjectId, Rendered, Verdict};

/// One neutral field.
#[derive(Clone, Debug)]
pub struct Concept {
    /// What it is about: `identity`, `match`, `action`, `destination`, `weight` or `setting`.
    pub word: &'static str,
    /// Where it is written.
    pub at: Origin,
    /// What became of it, mesh by mesh, in the order asked.
    pub sayings: Vec<Saying>,
}

/// What became of a neutral field on one mesh.
#[derive(Clone, Debug)]
pub struct Saying {
    /// The mesh.
    pub backend: &'static str,
    /// Where it stands there; none if it is not said, or said by what is absent.
    pub places: Vec<Place>,
    /// The worst of what is told about it; exact if nothing is.
    pub verdict: Verdict,
    /// The codes of what is told, sorted.
    pub codes: Vec<Code>,
}

/// A field of a rendered object.
#[derive(Clone, Debug)]
pub struct Place {
    /// The object.
    pub object: ObjectId,
    /// Such as `.spec.http[0].route[1].weight`.
    pub path: String,
    /// What stands there.
    pub value: Value,
}

/// A neutral field by file and position.
type At = (String, Span, String);

/// All neutral fields that any of the meshes says or loses, by file and position.
pub fn concepts(meshes: &[&Rendered<'_>]) -> Vec<Concept> {
    let mut table = Table { meshes, rows: BTreeMap::new() };
    for (column, rendered) in meshes.iter().enumerate() {
        for object in &rendered.objects {
            // Most objects of the built-in mesh are the same whatever the policy says.
            let body = if object.provenance.is_empty() { Value::Null } else { object.body() };
            for field in &object.provenance {
                let value = at(&body, &field.path).cloned().unwrap_or_default();
                let place = Place { object: object.id.clone(), path: field.path.clone(), value };
                table.saying(&field.origin, column).places.push(place);
            }
        }
        for loss in &rendered.losses {
            table.lose(loss, column);
        }
    }
    table.rows.into_values().collect()
}

struct Table<'t> {
    meshes: &'t [&'t Rendered<'t>],
    rows: BTreeMap<At, Concept>,
}

impl Concept {
    /// Whether every mesh does as it was written. One may say by what is absent what the other says in a field.
    pub fn is_alike(&self) -> bool {
        self.sayings.iter().all(|saying| saying.verdict <= Verdict::Equivalent)
    }
}

impl Table<'_> {
    fn saying(&mut self, at: &Origin, column: usize) -> &mut Saying {
        let key = (at.source().name().to_owned(), at.span(), at.path());
        let empty =
            |rendered: &&Rendered<'_>| Saying { backend: rendered.backend, places: Vec::new(), verdict: Verdict::Exact, codes: Vec::new() };
        let concept = self.rows.entry(key).or_insert_with(|| Concept {
            word: word(&at.path()),
            at: at.clone(),
            sayings: self.meshes.iter().map(empty).collect(),
        });
        &mut concept.sayings[column]
    }

    fn lose(&mut self, loss: &Loss, column: usize) {
        let saying = self.saying(&loss.origin, column);
        saying.verdict = saying.verdict.max(loss.verdict);
        saying.codes.push(loss.code);
        saying.codes.sort_unstable();
        saying.codes.dedup();
    }
}

/// Fields below `spec` that no neutral field decided: names, parents, selectors, and what a mesh needs to be told
/// besides. By object, then path.
pub fn leftovers(rendered: &Rendered<'_>) -> Vec<Place> {
    let mut found = Vec::new();
    for object in &rendered.objects {
        let body = object.body();
        let known: Vec<&str> = object.provenance.iter().map(|field| field.path.as_str()).collect();
        let mut leaves = Vec::new();
        if let Some(spec) = body.get("spec") {
            collect(spec, ".spec".to_owned(), &known, &mut leaves);
        }
        found.extend(leaves.into_iter().map(|(path, value)| Place { object: object.id.clone(), path, value }));
    }
    found
}

/// Leaves at a path or below it that are no part of a known one.
fn collect(value: &Value, path: String, known: &[&str], leaves: &mut Vec<(String, Value)>) {
    let covers = |known: &&&str| path == **known || path.strip_prefix(**known).is_some_and(|rest| rest.starts_with(['.', '[']));
    if known.iter().any(|one| covers(&one)) {
        return;
    }
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(key, value)| collect(value, format!("{path}.{key}"), known, leaves));
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, value)| collect(value, format!("{path}[{at}]"), known, leaves));
        }
        leaf => leaves.push((path, leaf.clone())),
    }
}

/// The concept of a neutral field, by its name.
fn word(path: &str) -> &'static str {
    let has = |word: &str| path.contains(word);
    match path.rsplit_once('.').map_or(path, |(_, last)| last) {
        "weight" => "weight",
        _ if has(".sources") || has(".schemes") || has(".destination") => "identity",
        _ if has(".rules") || has(".specs") => "action",
        _ if has(".matches") => "match",
        _ if has(".backends") || path == ".spec.service" => "destination",
        _ => "setting",
    }
}

/// The value at a path such as `.spec.http[0]["a.b"].weight`.
fn at<'v>(body: &'v Value, path: &str) -> Option<&'v Value> {
    steps(path)?.into_iter().try_fold(body, |value, step| match step {
        Step::Key(key) => value.get(&key),
        Step::Item(index) => value.get(index),
    })
}
