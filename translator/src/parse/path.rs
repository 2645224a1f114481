//! Paths in an object, such as `.spec.http[0]["a.b/c"].weight`, written and read.

use super::document::NodeRef;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the value of a key.
    Key(String),
    /// To an item of a list.
    Item(usize),
}

/// A value, and the key under which it stands if it is one of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Absent for items and for the object itself.
    pub key: Option<NodeRef<'a>>,
    /// The value.
    pub value: NodeRef<'a>,
}

/// A key as a step of a path: `.key`, or `["a.b/c"]` where the key itself has dots.
pub(super) fn key_step(key: &str) -> String {
    let simple = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-' || b == b'$' || b == b'@');
    if simple { format!(".{key}") } else { format!("[{}]", serde_json::Value::from(key)) }
}

/// The steps of a path; `None`: it is none. `.` alone is the object itself.
pub fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = if path == "." { "" } else { path };
    while !rest.is_empty() {
        let (step, after) = if rest.starts_with("[\"") {
            quoted(&rest[1..]).and_then(|(key, after)| Some((Step::Key(key), after.strip_prefix(']')?)))?
        } else if let Some(index) = rest.strip_prefix('[') {
            let (index, after) = index.split_once(']')?;
            (Step::Item(index.parse().ok()?), after)
        } else {
            let key = rest.strip_prefix('.')?;
            let (key, after) = key.split_at(key.find(['.', '[']).unwrap_or(key.len()));
            (Step::Key(key.to_owned()), after)
        };
        steps.push(step);
        rest = after;
    }
    Some(steps)
}

/// A text in quotes, which begins there, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<String>();
    // What is behind the end is of no concern here.
    let key = stream.next()?.ok()?;
    Some((key, &text[stream.byte_offset()..]))
}

impl<'a> NodeRef<'a> {
    /// The value at a path below this one.
    pub fn at_path(self, path: &str) -> Option<Entry<'a>> {
        let down = |at: Entry<'a>, step: Step| match step {
            Step::Key(name) => {
                let found = at.value.entries().find(|(key, _)| key.text() == Some(name.as_str()));
                found.map(|(key, value)| Entry { key: Some(key), value })
            }
            Step::Item(index) => at.value.items().nth(index).map(|value| Entry { key: None, value }),
        };
        steps(path)?.into_iter().try_fold(Entry { key: None, value: self }, down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Source, parse};
    use test_case::test_case;

    #[test_case(".spec.http[0].route[1]", "[.spec][.http][0][.route][1]" ; "keys and items")]
    #[test_case(".a[\"b.c/d\"].e", "[.a][.b.c/d][.e]" ; "quoted keys")]
    #[test_case(".a[\"]\\\"\"][0]", "[.a][.]\"][0]" ; "quotes and brackets in keys")]
    #[test_case(".", "" ; "the object itself")]
    #[test_case("spec", "none" ; "no dot")]
    #[test_case(".a[b]", "none" ; "no number")]
    #[test_case(".a[\"b", "none" ; "open quotes")]
    fn read(path: &str, want: &str) {
        let text = |step: &Step| match step {
            Step::Key(key) => format!("[.{key}]"),
            Step::Item(index) => format!("[{index}]"),
        };
        let found = steps(path).map_or("none".to_owned(), |steps| steps.iter().map(text).collect());
        assert_eq!(found, want);
    }

    #[test]
    fn every_value_is_found_at_the_path_that_it_tells() {
        let text = "a: {\"b.c/d\\\"]\": [1, {e: 2}], 'é': x, '': y}\n";
        let document = parse(&[Source::new("t", text)]).0.remove(0);
        let mut all = vec![document.root()];
        let mut seen = 0;
        while let Some(node) = all.pop() {
            let path = node.origin().path();
            let found = document.root().at_path(&path).expect("found").value;
            assert_eq!(found.span(), node.span(), "{path}");
            all.extend(node.items().chain(node.entries().map(|(_, value)| value)));
            seen += 1;
        }
        assert_eq!(seen, 8);
    }
}
