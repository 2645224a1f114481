//! `-o github`: workflow commands, which GitHub shows beside the lines of a change.
//!
//! Source: "Workflow commands for GitHub Actions"; the escapes are those of `actions/toolkit`, `core/src/command.ts`.

use meshglot_translator::diagnostic::{Place, Severity};
use meshglot_translator::lint::{Finding, Findings};

use super::file::slashed;
use super::line::plain;
use crate::Io;

/// One command for each finding that counts.
pub(super) fn write(findings: &Findings, io: &mut Io<'_>) -> std::io::Result<()> {
    findings.counting().try_for_each(|finding| writeln!(io.stdout, "{}", command(finding)))
}

fn command(finding: &Finding) -> String {
    let word = match finding.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let info = finding.code().info();
    let title = format!("{} {}", info.name, info.title);
    let properties = finding.place().map(|place| location(&place)).unwrap_or_default();
    let accepted = if finding.is_accepted() { " (accepted)" } else { "" };
    let text = format!("{}{accepted}\nhelp: {}", plain(&finding.message()), plain(finding.help()));
    format!("::{word} {properties}title={}::{}", property(&title), data(&text))
}

/// Columns only within one line, as GitHub asks for it.
fn location(place: &Place) -> String {
    let (span, source) = (place.span(), place.source());
    let (start, end) = (source.position(span.start), source.position(span.end));
    let file = property(&plain(&slashed(source.name())));
    let columns = match end.line == start.line {
        true => format!("col={},endColumn={},", start.column, end.column),
        false => String::new(),
    };
    format!("file={file},line={},endLine={},{columns}", start.line, end.line)
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_the_command_or_begins_another() {
        assert_eq!(data("50%\r\n::error::x"), "50%25%0D%0A::error::x");
        assert_eq!(property(r"C:\a,b%.yaml"), r"C%3A\a%2Cb%25.yaml");
    }
}
