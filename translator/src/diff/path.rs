//! Where a field stands: for people, for machines, and for the tables of shapes.

use std::fmt;

/// One step into an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A key of a mapping.
    Field(String),
    /// An item of a list that has a name: `service=web-v1`, several joined by `,`.
    Item(String),
    /// An item of a list by its position, from 0: on the new side, if it is there.
    Index(usize),
}

/// A path in an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(Vec<Step>);

impl FieldPath {
    /// The steps from the top.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    pub(super) fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// For machines: `/spec/backends/service=web-v1/weight`, `~` and `/` of keys escaped as in a JSON Pointer.
    pub fn pointer(&self) -> String {
        let step = |step: &Step| match step {
            Step::Field(text) | Step::Item(text) => format!("/{}", escaped(text)),
            Step::Index(index) => format!("/{index}"),
        };
        self.0.iter().map(step).collect()
    }
}

/// A key as a part of a JSON Pointer (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

impl fmt::Display for FieldPath {
    /// For people: `spec.backends[web-v1].weight`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(key) if key.contains(['.', '/', '[']) => write!(f, "[{key:?}]")?,
                Step::Field(key) if at == 0 => f.write_str(key)?,
                Step::Field(key) => write!(f, ".{key}")?,
                Step::Item(key) => {
                    let values = key.split(',').map(|part| part.split_once('=').map_or(part, |(_, value)| value));
                    let values: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
                    write!(f, "[{}]", values.join(" "))?;
                }
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A path as the tables of shapes write it: items of lists are `*`.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail(Vec<String>);

impl Trail {
    pub(super) fn enter<T>(&mut self, key: &str, inside: impl FnOnce(&mut Self) -> T) -> T {
        self.0.push(key.to_owned());
        let result = inside(self);
        self.0.pop();
        result
    }

    pub(super) fn fits(&self, pattern: &str) -> bool {
        let (pattern, anywhere) = pattern.strip_prefix("**.").map_or((pattern, false), |rest| (rest, true));
        let parts = pattern.split('.').count();
        let fits = |steps: &[String]| pattern.split('.').zip(steps).all(|(part, step)| part == "*" || part == step);
        match self.0.len().checked_sub(parts) {
            Some(0) => fits(&self.0),
            Some(skipped) if anywhere => fits(&self.0[skipped..]),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(steps: &[&str]) -> Trail {
        Trail(steps.iter().map(|step| (*step).to_owned()).collect())
    }

    #[test]
    fn patterns() {
        let at = trail(&["spec", "http", "*", "route"]);
        assert!(at.fits("spec.http.*.route"));
        assert!(at.fits("**.route"));
        assert!(!at.fits("spec.http.*"));
        assert!(!at.fits("route"));
        assert!(trail(&["a.b"]).fits("*"));
    }

    #[test]
    fn two_spellings() {
        let steps = ["spec", "backends"].map(|key| Step::Field(key.to_owned()));
        let path = FieldPath(steps.into_iter().chain([Step::Item("service=web-v1".into()), Step::Field("a.b/c".into())]).collect());
        assert_eq!(path.to_string(), "spec.backends[web-v1][\"a.b/c\"]");
        assert_eq!(path.pointer(), "/spec/backends/service=web-v1/a.b~1c");
    }
}
