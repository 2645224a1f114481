//! kubectl's JSONPath templates: `{.items[*].metadata.name}{"\n"}`, with `range` and `end`. The paths themselves are those of
//! RFC 9535 but for a few spellings.

use jsonpath_rust::JsonPath;
use serde_json::Value;

/// A template that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Path(String),
    Range(String, Vec<Piece>),
}

impl Template {
    /// Reads a template; a path without braces is one, too.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if !text.contains('{') {
            return Ok(Self(vec![Piece::Path(standard(text)?)]));
        }
        let mut rest = text;
        let pieces = pieces(&mut rest, false)?;
        Ok(Self(pieces))
    }

    /// What it says of a value.
    pub(super) fn fill(&self, value: &Value) -> Result<String, String> {
        let mut out = String::new();
        fill(&self.0, value, &mut out)?;
        Ok(out)
    }
}

/// All values at a path such as `.status.conditions[?(@.type=="Ready")].message`.
pub(super) fn values<'v>(path: &str, value: &'v Value) -> Result<Vec<&'v Value>, String> {
    value.query(&standard(path)?).map_err(|error| format!("{path}: {error}"))
}

fn fill(pieces: &[Piece], value: &Value, out: &mut String) -> Result<(), String> {
    let query = |path: &str| value.query(path).map_err(|error| format!("{path}: {error}"));
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Path(path) => out.push_str(&query(path)?.into_iter().map(written).collect::<Vec<_>>().join(" ")),
            Piece::Range(path, inner) => query(path)?.into_iter().try_for_each(|one| fill(inner, one, out))?,
        }
    }
    Ok(())
}

/// Texts without quotes, as kubectl prints them.
pub(super) fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn pieces(rest: &mut &str, in_range: bool) -> Result<Vec<Piece>, String> {
    let mut found = Vec::new();
    loop {
        let Some(open) = rest.find('{') else {
            if in_range {
                return Err("{range} without {end}".to_owned());
            }
            if !rest.is_empty() {
                found.push(Piece::Text((*rest).to_owned()));
            }
            return Ok(found);
        };
        if open > 0 {
            found.push(Piece::Text(rest[..open].to_owned()));
        }
        let after = &rest[open + 1..];
        let close = closing(after).ok_or_else(|| format!("`{}` is not closed", &rest[open..]))?;
        let inner = after[..close].trim();
        *rest = &after[close + 1..];
        if inner == "end" {
            return if in_range { Ok(found) } else { Err("{end} without {range}".to_owned()) };
        }
        if let Some(path) = inner.strip_prefix("range ") {
            found.push(Piece::Range(standard(path.trim())?, pieces(rest, true)?));
        } else if inner.starts_with('"') {
            let text = serde_json::from_str(inner).map_err(|error| format!("{inner}: {error}"))?;
            found.push(Piece::Text(text));
        } else if let Some(text) = inner.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            found.push(Piece::Text(text.to_owned()));
        } else {
            found.push(Piece::Path(standard(inner)?));
        }
    }
}

/// The brace that ends an expression: not one in quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, one) in text.char_indices() {
        match (quote, one) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), one) if one == open => quote = None,
            (None, '"' | '\'') => quote = Some(one),
            (None, '}') => return Some(at),
            _ => {}
        }
    }
    None
}

/// As RFC 9535 spells it: from `$`, and names with other characters in brackets, which kubectl escapes (`meshglot\.dev/x`).
fn standard(path: &str) -> Result<String, String> {
    let path = path.strip_prefix('$').unwrap_or(path);
    if !path.is_empty() && !path.starts_with(['.', '[', '@']) {
        return Err(format!("`{path}` is no path: it begins with a dot"));
    }
    let mut out = "$".to_owned();
    let mut rest = path.strip_prefix('@').unwrap_or(path);
    while let Some(first) = rest.chars().next() {
        if first == '[' {
            let end = bracket(rest).ok_or_else(|| format!("`{rest}` is not closed"))?;
            out += &rest[..end];
            rest = &rest[end..];
            continue;
        }
        let deep = rest.starts_with("..");
        rest = rest.trim_start_matches('.');
        let (name, len) = name(rest);
        let plain =
            name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_') && !name.starts_with(|one: char| one.is_ascii_digit());
        match name.as_str() {
            // `.` alone is the value itself, `.[0]` is `[0]`.
            "" => out += if deep { ".." } else { "" },
            "*" => out += if deep { "..*" } else { ".*" },
            name if plain => out += &format!("{}{name}", if deep { ".." } else { "." }),
            name => out += &format!("{}[{}]", if deep { ".." } else { "" }, serde_json::json!(name)),
        }
        rest = &rest[len..];
    }
    Ok(out)
}

/// A name up to the next dot or bracket that is not escaped, and its bytes.
fn name(text: &str) -> (String, usize) {
    let mut name = String::new();
    let mut escaped = false;
    for (at, one) in text.char_indices() {
        match one {
            _ if escaped => {
                name.push(one);
                escaped = false;
            }
            '\\' => escaped = true,
            '.' | '[' => return (name, at),
            one => name.push(one),
        }
    }
    (name, text.len())
}

/// The end of a bracket, with those in it and texts in quotes.
fn bracket(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, one) in text.char_indices() {
        match (quote, one) {
            (Some(open), one) if one == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(one),
            (None, '[') => depth += 1,
            (None, ']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            (None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::*;

    fn list() -> Value {
        json!({"items": [
            {"metadata": {"name": "a", "annotations": {"meshglot.dev/source": "f.yaml:1", "it-is": "odd"}}, "n": 1,
             "status": {"conditions": [{"type": "Ready", "message": "yes"}, {"type": "Other", "message": "no"}]}},
            {"metadata": {"name": "b"}, "n": 2},
        ]})
    }

    #[test_case("{.items[*].metadata.name}", "a b")]
    #[test_case(".items[0].metadata.name", "a"; "without braces")]
    #[test_case("{.items[0].n}", "1")]
    #[test_case("{.items[0].metadata.annotations.meshglot\\.dev/source}", "f.yaml:1"; "an escaped dot")]
    #[test_case("{.items[0].metadata.annotations.it-is}", "odd"; "a dash")]
    #[test_case("{.items[0].status.conditions[?(@.type==\"Ready\")].message}", "yes"; "a filter")]
    #[test_case("{.items[?(@.n==2)].metadata.name}", "b"; "a filter of numbers")]
    #[test_case("{..name}", "a b"; "at any depth")]
    #[test_case("{range .items[*]}{.metadata.name}={.n}{\"\\n\"}{end}", "a=1\nb=2\n"; "a range")]
    #[test_case("names: {.items[1].metadata.name}{' } '}.", "names: b } ."; "text around")]
    #[test_case("{.nothing.there}", ""; "nothing")]
    #[test_case("{.items[0].status.conditions[1]}", "{\"message\":\"no\",\"type\":\"Other\"}"; "an object")]
    #[test_case("{$.items[0].n}{@.items[1].n}", "12"; "roots")]
    fn templates(template: &str, want: &str) {
        assert_eq!(Template::parse(template).expect("a template").fill(&list()).expect("filled"), want);
    }

    #[test_case("{.items"; "not closed")]
    #[test_case("{range .items[*]}"; "a range without end")]
    #[test_case("{end}"; "an end without range")]
    #[test_case("{items}"; "no dot")]
    #[test_case("{.items[0}"; "a bracket that is not closed")]
    #[test_case("{\"\\q\"}"; "no such escape")]
    fn mistakes(template: &str) {
        assert!(Template::parse(template).is_err());
    }
}
