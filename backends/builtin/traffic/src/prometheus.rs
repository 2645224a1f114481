//! The text format of Prometheus, as far as our proxies write it.

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample<'t> {
    pub(crate) name: &'t str,
    labels: Vec<(&'t str, String)>,
    pub(crate) value: f64,
}

impl Sample<'_> {
    /// The value of a label; `None`: it has none.
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

/// Every sample. A line that cannot be read is left out, as those who wrote it may be of another version.
pub(crate) fn samples(text: &str) -> impl Iterator<Item = Sample<'_>> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(sample)
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let end = line.find(['{', ' ', '\t'])?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    // A timestamp may follow.
    let value = rest.split_ascii_whitespace().next()?.parse().ok()?;
    (!name.is_empty()).then_some(Sample { name, labels, value })
}

/// The labels up to the closing brace, and what follows it.
fn labels(mut rest: &str) -> Option<(Vec<(&str, String)>, &str)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((found, rest));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let (value, after) = value(quoted)?;
        found.push((name.trim(), value));
        rest = after;
    }
}

/// A value up to its closing quote, and what follows it.
fn value(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("a 1", &[], 1.0; "without labels")]
    #[test_case("a{} 1", &[], 1.0; "with none")]
    #[test_case("a{b=\"c\"} 2.5 1700000000", &[("b", "c")], 2.5; "with a time")]
    #[test_case("a{b=\"c\", d=\"\",} 3", &[("b", "c"), ("d", "")], 3.0; "with blanks and a comma at the end")]
    #[test_case(r#"a{b="x\"y\\z\nw",d="}, e=\"f"} 4"#, &[("b", "x\"y\\z\nw"), ("d", "}, e=\"f")], 4.0; "escaped")]
    #[test_case("a{le=\"+Inf\"} +Inf", &[("le", "+Inf")], f64::INFINITY; "without end")]
    fn good(line: &str, labels: &[(&str, &str)], value: f64) {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        assert_eq!(sample(line), Some(Sample { name: "a", labels, value }));
    }

    #[test_case("# TYPE a counter"; "a comment")]
    #[test_case(""; "nothing")]
    #[test_case("a"; "no value")]
    #[test_case("a one"; "no number")]
    #[test_case("{b=\"c\"} 1"; "no name")]
    #[test_case("a{b=\"c} 1"; "an open quote")]
    #[test_case("a{b=c} 1"; "no quotes")]
    #[test_case("a{b=\"c\" 1"; "an open brace")]
    #[test_case("a{b=\"c\\"; "an open escape")]
    fn bad(line: &str) {
        assert_eq!(samples(line).next(), None);
    }

    #[test]
    fn a_bad_line_hides_no_other() {
        assert_eq!(samples("a 1\nb{ 2\nc 3\n").map(|one| one.name).collect::<Vec<_>>(), ["a", "c"]);
    }
}
