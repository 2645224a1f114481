//! What a route changes of a request before it is sent on: path, host, headers.

use std::borrow::Cow;

use meshglot_translator::eval::asked::{Part, Test, asks};
use regex_automata::meta::Regex;
use serde_json::Value;

use super::fields::Fields;
use super::message::Message;
use super::strings::part;

/// All changes of one route.
#[derive(Debug, Default)]
pub(super) struct Rewrite {
    uri: Option<String>,
    by_regex: Option<(Box<Regex>, String)>,
    authority: Option<String>,
    remove: Vec<String>,
    /// Replaces what is there.
    set: Vec<(String, Text)>,
    add: Vec<(String, Text)>,
}

/// A value of a header; `None`: made from something that Envoy knows only then.
type Text = Option<String>;

impl Rewrite {
    /// Reads `rewrite` and `headers` of a route; `None`: something is not known.
    ///
    /// # Source
    /// Istio `route.go`, `applyHTTPRouteDestination` and `TranslateHeadersOperations`.
    pub(super) fn of(rewrite: Option<&Value>, headers: Option<&Value>) -> Option<Self> {
        let (mut rewrite, mut headers) = (Fields::of(rewrite), Fields::of(headers));
        let mut request = headers.inner("request");
        headers.ignore(&["response"]);
        let mut by_regex = rewrite.inner("uriRegexRewrite");
        let expression = by_regex.text("match").map(|regex| part(regex).map(Box::new));
        let substitution = by_regex.text("rewrite").unwrap_or_default().to_owned();
        let (set, add) = (values(&mut request, "set"), values(&mut request, "add"));
        let host = |entries: &[(String, Text)]| entries.iter().find(|(name, _)| matches!(name.as_str(), "host" | ":authority")).cloned();
        let by_header = host(&set).or(host(&add)).map(|(_, value)| value);
        let others = |entries: Vec<(String, Text)>| entries.into_iter().filter(|(name, _)| !is_internal(name)).collect();
        let remove = request.texts("remove").into_iter().map(str::to_ascii_lowercase).filter(|name| !is_internal(name)).collect();
        let authority = match (rewrite.text("authority"), by_header) {
            (Some(literal), _) => Some(literal.to_owned()),
            (None, Some(value)) => Some(value?),
            (None, None) => None,
        };
        let one = Self {
            uri: rewrite.text("uri").filter(|uri| !uri.is_empty()).map(str::to_owned),
            by_regex: match expression {
                Some(regex) => Some((regex?, substitution)),
                None => None,
            },
            authority,
            remove,
            set: others(set),
            add: others(add),
        };
        (![rewrite.is_odd(), headers.is_odd(), request.is_odd(), by_regex.is_odd()].contains(&true)).then_some(one)
    }

    /// Changes a request; `prefix`: how much of the path the route matched, `None` for all.
    pub(super) fn apply(&self, message: &mut Message<'_>, prefix: Option<usize>) {
        asks(|| Some(Part::Other("what a route rewrites")), Test::Present, false);
        if let Some((regex, substitution)) = &self.by_regex {
            message.path = replace_all(regex, &message.path, substitution);
        } else if let Some(uri) = &self.uri {
            let rest = prefix.and_then(|length| message.path.get(length..)).unwrap_or_default();
            message.path = format!("{uri}{rest}");
        }
        if let Some(authority) = &self.authority {
            message.authority = Cow::Owned(authority.clone());
        }
        self.remove.iter().for_each(|name| message.remove(name));
        self.set.iter().for_each(|(name, _)| message.remove(name));
        for (name, value) in self.set.iter().chain(&self.add) {
            match value {
                Some(value) => message.add(name, value),
                None => message.forget(name),
            }
        }
    }
}

fn is_internal(name: &str) -> bool {
    name == "host" || name.starts_with(':')
}

fn values(fields: &mut Fields<'_>, key: &'static str) -> Vec<(String, Text)> {
    let literal = |value: &str| {
        let doubled = value.replace("%%", "");
        (!doubled.contains('%')).then(|| value.replace("%%", "%"))
    };
    fields.entries(key).into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().and_then(literal))).collect()
}

/// RE2's `GlobalReplace`: `\1` is a group, `\\` a backslash.
fn replace_all(regex: &Regex, path: &str, substitution: &str) -> String {
    let mut out = String::new();
    let mut end = 0;
    for found in regex.captures_iter(path) {
        let Some(whole) = found.get_match() else { continue };
        out.push_str(&path[end..whole.start()]);
        end = whole.end();
        let mut letters = substitution.chars();
        while let Some(letter) = letters.next() {
            match (letter, letter == '\\') {
                (_, true) => match letters.next() {
                    Some(digit) if digit.is_ascii_digit() => {
                        let group = digit.to_digit(10).and_then(|group| found.get_group(group as usize));
                        out.push_str(group.map_or("", |span| &path[span.start..span.end]));
                    }
                    other => out.extend(other),
                },
                (plain, false) => out.push(plain),
            }
        }
    }
    out + &path[end..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("/e/([a-z]+)/(.*)", r"/\2/\1", "/e/abc/def", "/def/abc" ; "groups")]
    #[test_case("a", "b", "/aca", "/bcb" ; "every place")]
    #[test_case("x", "b", "/aca", "/aca" ; "no place")]
    fn replaced(regex: &str, substitution: &str, path: &str, want: &str) {
        let regex = part(regex).unwrap_or_else(|| panic!("{regex}"));
        assert_eq!(replace_all(&regex, path, substitution), want);
    }
}
