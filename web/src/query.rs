//! The query of a URL: every state of a page is in it, so that it can be kept and sent.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself in a query: names such as `sa/shop/web` and `reviews.shop:9080` stay readable.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':').remove(b',');

/// Names and values in the order given; a name may occur several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub(crate) fn of<const N: usize>(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The first value of a name that is not empty: forms send empty fields too.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// All values of a name that are not empty.
    pub(crate) fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The same query with this one value of a name; an empty one takes the name out.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs: Vec<_> = self.0.iter().filter(|(key, _)| key != name).cloned().collect();
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Self(pairs)
    }

    /// With the question mark; empty for none. Empty values are left out.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.0.iter().filter(|(_, value)| !value.is_empty()) {
            let sign = if text.is_empty() { '?' } else { '&' };
            // A string takes whatever is written to it.
            let _ = write!(text, "{sign}{}={}", utf8_percent_encode(name, PLAIN), utf8_percent_encode(value, PLAIN));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_edited_value_by_value() {
        let query = Query::parse("ns=shop&q=&h=a%3A+b&h=c");
        assert_eq!(query.get("q"), None, "an empty field is none");
        assert_eq!(query.all("h").collect::<Vec<_>>(), ["a: b", "c"]);
        assert_eq!(query.with("ns", "a&b").text(), "?h=a:%20b&h=c&ns=a%26b");
        assert_eq!(query.with("ns", "").with("h", "").text(), "");
    }
}
