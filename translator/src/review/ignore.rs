//! `--ignore`: differences that somebody knows and does not want to see. Each use is counted.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::diff::{FieldChange, ObjectChange, Operation};
use crate::render::ObjectId;

/// Patterns of objects, or of fields in them: `KIND/NAME`, `KIND/NAME:/path/to/field`; `*` is any part of a name or one
/// whole step of a path, and a path holds for everything below it. `NAME` may be `NAMESPACE/NAME`.
#[derive(Clone, Debug, Default)]
pub struct Ignore(Vec<Pattern>);

#[derive(Clone, Debug)]
struct Pattern {
    text: String,
    kind: String,
    namespace: Option<String>,
    name: String,
    path: Option<Vec<String>>,
}

/// A pattern that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not KIND/NAME or KIND/NAME:/path/to/field")]
pub struct IgnoreError(String);

impl Ignore {
    /// Reads patterns.
    ///
    /// # Errors
    /// The first that is none.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<Self, IgnoreError> {
        patterns.into_iter().map(Pattern::read).collect::<Result<_, _>>().map(Self)
    }

    /// What is left of a change, and counts what is not.
    pub(super) fn apply(&self, change: ObjectChange<ObjectId>, used: &mut BTreeMap<String, usize>) -> Option<ObjectChange<ObjectId>> {
        let mut count = |pattern: &Pattern| *used.entry(pattern.text.clone()).or_default() += 1;
        let here: Vec<&Pattern> = self.0.iter().filter(|pattern| pattern.is_about(&change.id)).collect();
        if let Some(whole) = here.iter().find(|pattern| pattern.path.is_none()) {
            count(whole);
            return None;
        }
        let Operation::Update(fields) = change.operation else { return Some(change) };
        let kept: Vec<FieldChange> = fields
            .into_iter()
            .filter(|field| match here.iter().find(|pattern| pattern.holds(field)) {
                Some(pattern) => {
                    count(pattern);
                    false
                }
                None => true,
            })
            .collect();
        (!kept.is_empty()).then_some(ObjectChange { operation: Operation::Update(kept), ..change })
    }
}

impl Pattern {
    fn read(text: &str) -> Result<Self, IgnoreError> {
        let wrong = || IgnoreError(text.to_owned());
        let (object, path) = text.split_once(':').map_or((text, None), |(object, path)| (object, Some(path)));
        let parts: Vec<&str> = object.split('/').collect();
        let (kind, namespace, name) = match parts[..] {
            [kind, name] => (kind, None, name),
            [kind, namespace, name] => (kind, Some(namespace.to_owned()), name),
            _ => return Err(wrong()),
        };
        let path = match path {
            None => None,
            Some(path) => Some(path.strip_prefix('/').ok_or_else(wrong)?.split('/').map(str::to_owned).collect()),
        };
        if kind.is_empty() || name.is_empty() {
            return Err(wrong());
        }
        Ok(Self { text: text.to_owned(), kind: kind.to_owned(), namespace, name: name.to_owned(), path })
    }

    fn is_about(&self, id: &ObjectId) -> bool {
        fits(&self.kind.to_lowercase(), &id.kind.to_lowercase())
            && self.namespace.as_ref().is_none_or(|namespace| fits(namespace, &id.namespace))
            && fits(&self.name, &id.name)
    }

    fn holds(&self, field: &FieldChange) -> bool {
        let Some(path) = &self.path else { return true };
        let pointer = field.path.pointer();
        let steps: Vec<&str> = pointer.split('/').skip(1).collect();
        steps.len() >= path.len() && path.iter().zip(steps).all(|(part, step)| fits(part, step))
    }
}

/// Whether a text fits a pattern in which `*` is any text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => {
            let Some(tail) = text.strip_prefix(start) else { return false };
            tail.char_indices().map(|(at, _)| at).chain([tail.len()]).any(|at| fits(rest, &tail[at..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Shape, fields};
    use serde_json::json;
    use test_case::test_case;

    #[test_case("VirtualService/*:/spec/http/*/timeout", Some(1) ; "a field of every object")]
    #[test_case("virtualservice/web", None ; "a whole object, any case")]
    #[test_case("VirtualService/shop/w*:/spec", None ; "everything below a path")]
    #[test_case("VirtualService/other/web", Some(2) ; "another namespace")]
    #[test_case("Server/*", Some(2) ; "another kind")]
    fn what_is_left(pattern: &str, left: Option<usize>) {
        let id = ObjectId { api_version: "v1".into(), kind: "VirtualService".into(), namespace: "shop".into(), name: "web".into() };
        let side = |timeout: u8| json!({"spec": {"a": timeout, "http": [{"timeout": timeout, "b": 1}]}});
        let change = ObjectChange { id, operation: Operation::Update(fields(&side(1), &side(2), &Shape::PLAIN)) };
        let ignore = Ignore::new([pattern]).expect("a pattern");
        let kept = ignore.apply(change, &mut BTreeMap::new()).map(|change| match change.operation {
            Operation::Update(fields) => fields.len(),
            other => panic!("{other:?}"),
        });
        assert_eq!(kept, left);
    }

    #[test_case("web")]
    #[test_case("VirtualService/web:spec" ; "a path begins with a slash")]
    #[test_case("a/b/c/d" ; "too many parts")]
    fn no_pattern(text: &str) {
        assert_eq!(Ignore::new([text]).err(), Some(IgnoreError(text.to_owned())));
    }
}
