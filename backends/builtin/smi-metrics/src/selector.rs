//! Label selectors as Kubernetes writes them in queries: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Requirements that all have to hold; none: everything is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    is: Is,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Is {
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    There,
    NotThere,
}

impl Selector {
    /// Reads one; the error says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut requirements = Vec::new();
        let mut depth = 0_usize;
        let mut from = 0;
        for (at, letter) in text.char_indices().chain([(text.len(), ',')]) {
            match letter {
                '(' => depth += 1,
                ')' => depth = depth.checked_sub(1).ok_or("found ')' without '('")?,
                ',' if depth == 0 || at == text.len() => {
                    requirements.push(Requirement::read(text[from..at].trim())?);
                    from = at + 1;
                }
                _ => {}
            }
        }
        if depth > 0 { Err("found '(' without ')'".to_owned()) } else { Ok(Self(requirements)) }
    }

    /// Whether labels have all that is required.
    pub(crate) fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|Requirement { key, is }| {
            let value = labels.get(key);
            match is {
                Is::In(values) => value.is_some_and(|value| values.contains(value)),
                Is::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Is::There => value.is_some(),
                Is::NotThere => value.is_none(),
            }
        })
    }

    /// As a `LabelSelector`; `None`: it selects everything.
    pub(crate) fn object(&self) -> Option<Value> {
        let (mut labels, mut expressions) = (Map::new(), Vec::new());
        for Requirement { key, is } in &self.0 {
            match is {
                Is::In(values) if values.len() == 1 && !labels.contains_key(key) => {
                    labels.insert(key.clone(), values.iter().next().cloned().into());
                }
                Is::In(values) => expressions.push(json!({ "key": key, "operator": "In", "values": values })),
                Is::NotIn(values) => expressions.push(json!({ "key": key, "operator": "NotIn", "values": values })),
                Is::There => expressions.push(json!({ "key": key, "operator": "Exists" })),
                Is::NotThere => expressions.push(json!({ "key": key, "operator": "DoesNotExist" })),
            }
        }
        let mut selector = Map::new();
        if !labels.is_empty() {
            selector.insert("matchLabels".to_owned(), labels.into());
        }
        if !expressions.is_empty() {
            selector.insert("matchExpressions".to_owned(), expressions.into());
        }
        (!selector.is_empty()).then(|| selector.into())
    }
}

impl Requirement {
    fn read(text: &str) -> Result<Self, String> {
        let of = |key: &str, is| Ok(Self { key: checked_key(key.trim())?, is });
        if let Some((key, value)) = text.split_once("!=") {
            return of(key, Is::NotIn(one(value)?));
        }
        if let Some((key, value)) = text.split_once('=') {
            return of(key, Is::In(one(value.strip_prefix('=').unwrap_or(value))?));
        }
        if let Some((head, list)) = text.split_once('(') {
            let list = list.strip_suffix(')').ok_or_else(|| format!("found {list:?}, expected one list in parentheses"))?;
            let values = list.split(',').map(|value| checked_value(value.trim())).collect::<Result<_, _>>()?;
            return match head.split_whitespace().collect::<Vec<_>>()[..] {
                [key, "in"] => of(key, Is::In(values)),
                [key, "notin"] => of(key, Is::NotIn(values)),
                _ => Err(format!("found {:?}, expected a key and `in` or `notin`", head.trim())),
            };
        }
        match text.strip_prefix('!') {
            Some(key) => of(key, Is::NotThere),
            None => of(text, Is::There),
        }
    }
}

fn one(value: &str) -> Result<BTreeSet<String>, String> {
    Ok(BTreeSet::from([checked_value(value.trim())?]))
}

/// `[PREFIX/]NAME`.
fn checked_key(key: &str) -> Result<String, String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let is_prefix = |prefix: &str| prefix.len() <= 253 && is_word(prefix);
    let good = !name.is_empty() && name.len() <= 63 && is_word(name) && prefix.is_none_or(is_prefix);
    if good { Ok(key.to_owned()) } else { Err(format!("{key:?} is no key of a label")) }
}

fn checked_value(value: &str) -> Result<String, String> {
    let good = value.is_empty() || (value.len() <= 63 && is_word(value));
    if good { Ok(value.to_owned()) } else { Err(format!("{value:?} is no value of a label")) }
}

/// Letters and digits, inside also `-`, `_` and `.`.
fn is_word(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let at_ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    text.bytes().all(inside) && at_ends(text.as_bytes().first()) && at_ends(text.as_bytes().last())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("", true; "nothing is required")]
    #[test_case("app=web", true; "equal")]
    #[test_case("app==web", true; "equal, twice")]
    #[test_case(" app = web , tier = front ", true; "both, with blanks")]
    #[test_case("app=web,tier=back", false; "one of two")]
    #[test_case("app!=web", false; "unequal")]
    #[test_case("zone!=a", true; "what is not there is unequal")]
    #[test_case("app in (web, shop)", true; "in a list")]
    #[test_case("app in (shop)", false; "in no list")]
    #[test_case("app notin (shop,x),tier", true; "not in a list, and there")]
    #[test_case("zone notin (a)", true; "what is not there is in no list")]
    #[test_case("!zone", true; "not there")]
    #[test_case("!app", false; "not there, but it is")]
    #[test_case("example.com/team=a", true; "with a prefix")]
    #[test_case("app in (web),example.com/team in (a,b)", true; "commas in lists divide nothing")]
    #[test_case("empty=", true; "an empty value")]
    fn selects(text: &str, want: bool) {
        let labels = [("app", "web"), ("tier", "front"), ("example.com/team", "a"), ("empty", "")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(Selector::read(text).expect("a selector").selects(&labels), want);
    }

    #[test_case("app in web"; "a list needs parentheses")]
    #[test_case("app in (web"; "and both of them")]
    #[test_case("app in web)"; "the other one")]
    #[test_case("app like (web)"; "no such word")]
    #[test_case("app=web=x"; "two values")]
    #[test_case("a b"; "two keys")]
    #[test_case("app=web,"; "nothing behind a comma")]
    #[test_case("=web"; "no key")]
    #[test_case("app=-"; "no value")]
    #[test_case("replicas>1"; "no comparison")]
    #[test_case("a in (x) y"; "something behind the list")]
    fn is_refused(text: &str) {
        assert!(Selector::read(text).is_err());
    }

    #[test]
    fn it_is_shown_as_an_object() {
        let selector = Selector::read("app=web,tier in (a,b),!zone,x").expect("a selector");
        let want = json!({
            "matchLabels": { "app": "web" },
            "matchExpressions": [
                { "key": "tier", "operator": "In", "values": ["a", "b"] },
                { "key": "zone", "operator": "DoesNotExist" },
                { "key": "x", "operator": "Exists" },
            ],
        });
        assert_eq!((selector.object(), Selector::default().object()), (Some(want), None));
    }
}
