//! A condition on a header, as Envoy decides it.

use meshglot_translator::eval::asked::{self, asks};
use meshglot_translator::eval::maybe::any;
use serde_json::Value;

use super::fields::{Fields, Read};
use super::message::Message;
use super::pattern::Pattern;

/// Where a condition stands; the two differ in their forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// A route at the caller.
    Route,
    /// A permission at the instance.
    Permission,
}

/// One condition on one header.
#[derive(Debug)]
pub(super) struct HeaderCondition {
    /// In lower case.
    name: String,
    test: Test,
    invert: bool,
}

#[derive(Debug)]
enum Test {
    Present,
    Regex(Pattern),
    /// What of the value must be this text, and whether case counts.
    Text(Place, String, bool),
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Whole,
    Start,
    End,
    Anywhere,
}

impl HeaderCondition {
    pub(super) fn read(value: &Value, side: Side) -> Read<Self> {
        let mut fields = Fields::of(value)?;
        let name = fields.text("name")?.to_ascii_lowercase();
        let invert = fields.flag("invert")?;
        let ignore_case = side == Side::Permission && fields.flag("ignoreCase")?;
        let mut tests = Vec::new();
        for (field, place) in [("exact", Place::Whole), ("prefix", Place::Start), ("suffix", Place::End), ("contains", Place::Anywhere)] {
            // Routes have no `contains`: it stays unread there.
            let text = if side == Side::Route && field == "contains" { "" } else { fields.text(field)? };
            if !text.is_empty() {
                tests.push(Test::Text(place, text.to_owned(), ignore_case));
            }
        }
        let regex = fields.text("regex")?;
        if !regex.is_empty() {
            tests.push(Test::Regex(Pattern::new(regex)?));
        }
        if fields.flag("present")? {
            tests.push(Test::Present);
        }
        fields.done()?;
        match (name.as_str(), tests.len(), tests.pop()) {
            ("", _, _) | (_, _, None) => Err("the server refuses a header without a name or a condition".to_owned()),
            (_, 1, Some(Test::Regex(_) | Test::Present)) if ignore_case => {
                Err(format!("the server refuses ignoreCase on the header {name:?}"))
            }
            (_, 1, Some(test)) => Ok(Self { name, test, invert }),
            _ => Err(format!("the server refuses two conditions on the header {name:?}")),
        }
    }

    /// Whether it holds; `None`: what the proxy sees is not known.
    ///
    /// An absent header does not satisfy `invert`, except that of `present` (`treat_missing_header_as_empty` is
    /// never set). Of several values one that fits is enough, and spoils `invert`.
    ///
    /// # Source
    /// Envoy `HeaderUtility`; for several values what Envoy 1.40 does with routes and permissions of Consul. Older
    /// ones joined the values with commas (`envoy.reloadable_features.rbac_match_headers_individually`).
    pub(super) fn holds(&self, message: &Message<'_>) -> Option<bool> {
        let ask = |test: asked::Test<'_>, ignore_case| asks(|| asked::Part::header(&self.name), test, ignore_case);
        ask(asked::Test::Present, false);
        match &self.test {
            Test::Present => {}
            Test::Regex(pattern) => ask(asked::Test::Regex(pattern.text()), false),
            Test::Text(place, want, ignore_case) => ask(place.asked(want), *ignore_case),
        }
        let values = message.values(&self.name)?;
        if matches!(self.test, Test::Present) {
            return Some(values.is_empty() == self.invert);
        }
        if values.is_empty() {
            return Some(false);
        }
        let fits = any(values.into_iter().map(|value| self.test.fits(value)));
        fits.map(|fits| fits != self.invert)
    }
}

impl Test {
    fn fits(&self, value: &str) -> Option<bool> {
        match self {
            Self::Present => Some(true),
            Self::Regex(pattern) => pattern.matches(value),
            Self::Text(place, want, true) => Some(place.fits(&value.to_ascii_lowercase(), &want.to_ascii_lowercase())),
            Self::Text(place, want, false) => Some(place.fits(value, want)),
        }
    }
}

impl Place {
    fn asked(self, want: &str) -> asked::Test<'_> {
        match self {
            Self::Whole => asked::Test::Exact(want),
            Self::Start => asked::Test::Prefix(want),
            Self::End => asked::Test::Suffix(want),
            Self::Anywhere => asked::Test::Contains(want),
        }
    }

    fn fits(self, value: &str, want: &str) -> bool {
        match self {
            Self::Whole => value == want,
            Self::Start => value.starts_with(want),
            Self::End => value.ends_with(want),
            Self::Anywhere => value.contains(want),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::borrow::Cow;
    use test_case::test_case;

    #[test_case(json!({"exact": "abc"}), &["abc", "zzz"], Side::Permission, true ; "one of two values at the instance")]
    #[test_case(json!({"exact": "abc"}), &["abc", "zzz"], Side::Route, true ; "one of two values at the caller")]
    #[test_case(json!({"suffix": "c,zzz"}), &["abc", "zzz"], Side::Route, false ; "values are not joined")]
    #[test_case(json!({"exact": "abc", "invert": true}), &["abc", "zzz"], Side::Permission, false ; "one of two spoils invert")]
    #[test_case(json!({"exact": "abc", "invert": true}), &[], Side::Permission, false ; "absent is not inverted")]
    #[test_case(json!({"present": true, "invert": true}), &[], Side::Permission, true ; "absent")]
    #[test_case(json!({"present": true}), &[""], Side::Route, true ; "empty is present")]
    #[test_case(json!({"contains": "CM", "ignoreCase": true}), &["acme"], Side::Permission, true ; "contains without case")]
    #[test_case(json!({"regex": "ac"}), &["acme"], Side::Route, false ; "regex is whole")]
    fn header(test: Value, values: &[&str], side: Side, want: bool) {
        let mut value = test;
        value["name"] = json!("X-H");
        let condition = HeaderCondition::read(&value, side).expect("a condition");
        let headers = values.iter().map(|value| ("x-h".to_owned(), (*value).to_owned())).collect();
        let message = Message { method: "GET", target: "/".into(), headers: Cow::Owned(headers), unsure: false };
        assert_eq!(condition.holds(&message), Some(want));
    }

    #[test_case(json!({"contains": "a"}) ; "routes have no contains")]
    #[test_case(json!({"exact": "a", "ignoreCase": true}) ; "routes have no ignoreCase")]
    #[test_case(json!({"exact": "a", "prefix": "b"}) ; "two conditions")]
    #[test_case(json!({"exact": ""}) ; "no condition")]
    fn refused_in_routes(test: Value) {
        let mut value = test;
        value["name"] = json!("x");
        assert!(HeaderCondition::read(&value, Side::Route).is_err());
    }
}
