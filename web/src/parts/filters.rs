//! Filters of templates.

use std::fmt::Display;

use askama::filters::Safe;

/// A message of which what stands between backticks is code. Everything is escaped.
#[askama::filter_fn]
pub(crate) fn ticks(text: impl Display, _: &dyn askama::Values) -> askama::Result<Safe<String>> {
    Ok(Safe(marked(&text.to_string())))
}

fn marked(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd one out opens nothing.
    let closed = pieces.len() - (pieces.len() + 1) % 2;
    let mut out = String::with_capacity(text.len() + 32);
    for (at, piece) in pieces.iter().enumerate() {
        let escaped = escaped(piece);
        match at {
            at if at >= closed => out += &format!("`{escaped}"),
            at if at % 2 == 1 => out += &format!("<code>{escaped}</code>"),
            _ => out += &escaped,
        }
    }
    out
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, letter| {
        match letter {
            '<' => out += "&#60;",
            '>' => out += "&#62;",
            '&' => out += "&#38;",
            '"' => out += "&#34;",
            '\'' => out += "&#39;",
            letter => out.push(letter),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("a `b` c", "a <code>b</code> c" ; "code")]
    #[test_case("a `<b>` & `c", "a <code>&#60;b&#62;</code> &#38; `c" ; "one that is not closed")]
    #[test_case("<i>", "&#60;i&#62;" ; "none")]
    #[test_case("`a``b`", "<code>a</code><code>b</code>" ; "two")]
    fn code(text: &str, want: &str) {
        assert_eq!(marked(text), want);
    }
}
