//! Header conditions as `rules[].when` of an AuthorizationPolicy: exact values, prefixes and suffixes, no regex.

use meshglot_translator::ir::HeaderMatch;

use crate::branch::{Alphabet, Part, branches};
use crate::resource::authorization_policy::Condition;

/// The ways in which a header may be right, each a list of conditions that must all hold.
///
/// # Errors
/// Why it cannot be said, in words.
pub(crate) fn header_rule(header: &HeaderMatch) -> Result<Vec<Vec<Condition>>, &'static str> {
    let alphabet = Alphabet::header();
    let condition =
        |values: Vec<String>, not_values: Vec<String>| Condition { key: format!("request.headers[{}]", header.name), values, not_values };
    let mut plain = Vec::new();
    let mut ways = Vec::new();
    for branch in branches(&format!("(?:{})", header.value.regex()), alphabet)? {
        match branch.as_slice() {
            [Part::Any] => plain.push("*".to_owned()),
            [Part::Text(text)] => plain.push(literal(text)?),
            [Part::Text(start), Part::Any] => plain.push(format!("{}*", literal(start)?)),
            [Part::Any, Part::Text(end)] => plain.push(format!("*{}", literal(end)?)),
            [Part::Text(start), Part::Any, Part::Text(end)] => {
                let (start, end) = (literal(start)?, literal(end)?);
                // Words in which the two overlap have both, but not one after the other.
                let overlap = |length: &usize| end.is_char_boundary(*length) && start.ends_with(&end[..*length]);
                let lengths = (1..=start.len().min(end.len())).filter(overlap);
                let words = lengths.map(|length| format!("{start}{}", &end[length..])).collect();
                ways.push(vec![condition(vec![format!("{start}*")], Vec::new()), condition(vec![format!("*{end}")], words)]);
            }
            [] => return Err("Istio takes no empty value"),
            _ => return Err("Istio compares a value, its beginning or its end, and knows no regex here"),
        }
    }
    if plain.iter().any(|value| value == "*") {
        return Ok(vec![vec![condition(vec!["*".to_owned()], Vec::new())]]);
    }
    plain.sort();
    plain.dedup();
    if !plain.is_empty() {
        ways.insert(0, vec![condition(plain, Vec::new())]);
    }
    if ways.is_empty() { Err("no value looks like it") } else { Ok(ways) }
}

fn literal(text: &str) -> Result<String, &'static str> {
    if text.starts_with('*') || text.ends_with('*') {
        return Err("a star at the end of a text would be read as a wildcard");
    }
    Ok(text.to_owned())
}
