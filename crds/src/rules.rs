//! CEL rules of the schemas: rule text and message, whose first word is the code.

use serde_json::{Value, json};

/// One entry of `x-kubernetes-validations`. The message begins with its code: `MG0006: ...`.
pub(crate) fn rule(rule: &str, message: &str) -> Value {
    json!({ "rule": rule, "message": message })
}

/// Exactly one of the fields of the object `field` is written.
pub(crate) fn exactly_one(field: &str, names: &[&str]) -> Value {
    let has: Vec<String> = names.iter().map(|name| format!("has(self.{name})")).collect();
    let text = match has.as_slice() {
        [a, b] => format!("{a} != {b}"),
        more => format!("[{}].exists_one(x, x)", more.join(", ")),
    };
    let message = format!("MG0006: {field} has exactly one of {}", names.join(", "));
    rule(&text, &message)
}

/// At least one of the fields of the object `field` is written.
pub(crate) fn at_least_one(field: &str, names: &[&str]) -> Value {
    let has: Vec<String> = names.iter().map(|name| format!("has(self.{name})")).collect();
    let listed = match names {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        few => few.concat(),
    };
    rule(&has.join(" || "), &format!("MG0005: {field} needs {listed}"))
}

/// A duration within `lo` and `hi`, both included and in the API's own spelling.
pub(crate) fn duration_range(lo: &str, hi: &str) -> Value {
    rule(&format!("duration(self) >= duration('{lo}') && duration(self) <= duration('{hi}')"), &format!("MG0303: outside {lo} to {hi}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_of_two_is_an_inequality_and_of_more_an_exists_one() {
        let two = exactly_one("jwks", &["uri", "inline"]);
        assert_eq!(two["rule"], "has(self.uri) != has(self.inline)");
        assert_eq!(two["message"], "MG0006: jwks has exactly one of uri, inline");
        let three = exactly_one("x", &["a", "b", "c"]);
        assert_eq!(three["rule"], "[has(self.a), has(self.b), has(self.c)].exists_one(x, x)");
    }

    #[test]
    fn at_least_one_is_an_or() {
        let two = at_least_one("spec", &["a", "b"]);
        assert_eq!(two["rule"], "has(self.a) || has(self.b)");
        assert_eq!(two["message"], "MG0005: spec needs a or b");
        assert_eq!(at_least_one("spec", &["a", "b", "c"])["message"], "MG0005: spec needs a, b or c");
    }
}
