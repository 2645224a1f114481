//! A finding in one line: `file:line:column: severity[code]: message`.

use meshglot_translator::lint::Finding;

/// Compilers write it so, and editors read it.
pub(super) fn of(finding: &Finding) -> String {
    let place = finding.place().map(|place| format!("{}: ", plain(&place.location()))).unwrap_or_default();
    let accepted = if finding.is_accepted() { " (accepted)" } else { "" };
    format!("{place}{}[{}]: {}{accepted}", finding.severity(), finding.code(), plain(&finding.message()))
}

/// A text that stays in its line and moves no cursor: control characters are written as escapes.
pub(crate) fn plain(text: &str) -> String {
    let separates = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if separates(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_moves_the_cursor_is_escaped() {
        assert_eq!(plain("a\nb\u{1b}[2Jc\u{2028}é"), r"a\nb\u{1b}[2Jc\u{2028}é");
    }
}
