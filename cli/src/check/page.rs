//! Checks for people: categories with their checks, or only what is not well.

use super::answer::{Check, Checks, Level};
use crate::Io;
use crate::exit::Failure;
use crate::lint::line::plain;

pub(super) fn show(checks: &Checks, output: &str, fails: bool, io: &mut Io<'_>) -> Result<(), Failure> {
    match output {
        "json" => io.answer(checks)?,
        "short" => {
            for check in checks.checks.iter().filter(|check| check.level != Level::Ok) {
                let hint = check.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                let line = plain(&format!("{}: {}{hint}", check.category, check.message));
                writeln!(io.stdout, "{} {line}", mark(check, io))?;
            }
            closing(fails, io)?;
        }
        _ => {
            let mut category = "";
            for check in &checks.checks {
                if check.category != category {
                    let gap = if category.is_empty() { "" } else { "\n" };
                    category = &check.category;
                    writeln!(io.stdout, "{gap}{category}\n{}", "-".repeat(category.len()))?;
                }
                writeln!(io.stdout, "{} {}", mark(check, io), plain(&check.message))?;
                if let Some(hint) = &check.hint {
                    writeln!(io.stdout, "    {}", plain(hint))?;
                }
            }
            writeln!(io.stdout)?;
            closing(fails, io)?;
        }
    }
    Ok(())
}

fn closing(fails: bool, io: &mut Io<'_>) -> std::io::Result<()> {
    let mark = io.mark(!fails);
    writeln!(io.stdout, "Status check results are {mark}")
}

fn mark(check: &Check, io: &Io<'_>) -> &'static str {
    match (check.level, io.unicode) {
        (Level::Ok, _) => io.mark(true),
        (Level::Error, _) => io.mark(false),
        (Level::Warning, true) => "‼",
        (Level::Warning, false) => "warn",
    }
}
