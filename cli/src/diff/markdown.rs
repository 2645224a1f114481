//! `-o github-md`: a comment for a pull request. What becomes of calls first, then a row per object, then what each mesh
//! gets, folded.

use std::fmt::Write as _;

use meshglot_translator::diff::ObjectChange;
use meshglot_translator::name;
use meshglot_translator::render::{ObjectId, Verdict};
use meshglot_translator::review::{Cause, MeshChanges, NeutralChange};

use super::text::{Page, closing, withheld};
use super::words::{edit, neutral_sign, sign};
use super::{Shown, calls};
use crate::Io;
use crate::args::Level;
use crate::render::count;

/// GitHub refuses comments of 65,536 characters.
const LONGEST: usize = 60_000;

/// More rows than this are counted.
const ROWS: usize = 100;

pub(super) fn write(shown: &Shown<'_>, io: &mut Io<'_>) -> std::io::Result<()> {
    let head = head(shown, io.arrow());
    let mut page = head;
    let mut left_out = Vec::new();
    for mesh in shown.comparison.meshes.iter().filter(|mesh| !mesh.rendered.is_empty()) {
        let details = details(shown, mesh, io.arrow());
        if page.len() + details.len() > LONGEST { left_out.push(mesh.backend) } else { page += &details }
    }
    if !left_out.is_empty() {
        let _ = writeln!(page, "\nToo long for a comment: {}. `meshglot diff --all` shows everything.", left_out.join(", "));
    }
    // A bot finds its comment by the first line, and leaves it alone where the second is the same.
    let digest = name::hash(page.as_bytes());
    write!(io.stdout, "<!-- meshglot diff -->\n<!-- digest {digest} -->\n{page}")
}

fn head(shown: &Shown<'_>, arrow: &str) -> String {
    let level = shown.args.level;
    let mut page = format!("### Policy: {} {arrow} {}\n\n", code(&shown.from), code(&shown.to));
    if !shown.differs() {
        page += "No difference.\n";
        return page;
    }
    let told = calls::lines(shown, arrow, true);
    if level.has(Level::Effect) {
        page += if told.is_empty() { "**No call is decided otherwise.**\n\n" } else { "**What becomes of calls**\n\n" };
        for line in &told {
            let _ = writeln!(page, "- {}", bold_sign(line.trim_start()));
        }
        if !told.is_empty() {
            page.push('\n');
        }
        for line in withheld(shown) {
            let _ = writeln!(page, "- {}", bold_sign(&line));
        }
        for mesh in &shown.comparison.meshes {
            let losses = mesh
                .losses
                .added
                .iter()
                .map(|loss| ("**new loss**", loss))
                .chain(mesh.losses.removed.iter().map(|loss| ("no longer lost", loss)));
            for (word, loss) in losses {
                let _ =
                    writeln!(page, "- {word} {} on {}: {}", loss.code, loss.backend, code(&format!("{} {}", loss.object, loss.message)));
            }
        }
    }
    if level != Level::Effect {
        table(shown, arrow, &mut page);
    }
    let _ = writeln!(page, "\n{}", closing(shown));
    page
}

/// A row per neutral object: what was changed, and how many objects of each mesh that changes.
fn table(shown: &Shown<'_>, arrow: &str, page: &mut String) {
    let comparison = &shown.comparison;
    let names: Vec<&str> = comparison.meshes.iter().map(|mesh| mesh.backend).collect();
    let columns: String = names.iter().map(|name| format!(" {name} |")).collect();
    let _ = writeln!(page, "\n| | object | change |{columns}\n|---|---|---|{}", "---|".repeat(names.len()));
    for change in comparison.changes.iter().take(ROWS) {
        let cause = Cause::Object(change.object.clone());
        let cells: String = comparison.meshes.iter().map(|mesh| format!(" {} |", cell(mesh, &cause, change))).collect();
        let _ = writeln!(page, "| {} | {} | {} |{cells}", neutral_sign(change), code(&change.object.to_string()), fields(change, arrow));
    }
    if comparison.changes.len() > ROWS {
        let _ = writeln!(page, "\nand {}", count(comparison.changes.len() - ROWS, "more object"));
    }
    let rest =
        |mesh: &MeshChanges| mesh.rendered.changes.get(&Cause::Surroundings).map(|changes| format!("{} {}", mesh.backend, changes.len()));
    let rest: Vec<String> = comparison.meshes.iter().filter_map(rest).collect();
    if !rest.is_empty() {
        let _ = writeln!(page, "\nRendered objects that change by what stands around them: {}.", rest.join(", "));
    }
}

/// How many objects, and the worst loss of the neutral object that is new.
fn cell(mesh: &MeshChanges, cause: &Cause, change: &NeutralChange) -> String {
    let Some(changes) = mesh.rendered.changes.get(cause) else { return "=".to_owned() };
    let of = |wanted: char| changes.iter().filter(|one| sign(&one.operation) == wanted).count();
    let counts: Vec<String> =
        ['+', '~', '-'].into_iter().map(|sign| (sign, of(sign))).filter(|(_, n)| *n > 0).map(|(sign, n)| format!("{sign}{n}")).collect();
    let worst = mesh.losses.added.iter().filter(|loss| loss.object == change.object).max_by_key(|loss| loss.verdict);
    let worst = worst.filter(|loss| loss.verdict > Verdict::Equivalent).map(|loss| format!(" **{} {}**", loss.verdict, loss.code));
    format!("{}{}", counts.join(" "), worst.unwrap_or_default())
}

fn fields(change: &NeutralChange, arrow: &str) -> String {
    const FIELDS: usize = 5;
    let fields = change.operation.fields();
    let one = |field: &meshglot_translator::review::LocatedField| {
        let (sign, text) = edit(&field.change, arrow, false);
        code(format!("{sign} {} {text}", field.change.path).trim_start())
    };
    let mut told: Vec<String> = fields.iter().take(FIELDS).map(one).collect();
    if fields.len() > FIELDS {
        told.push(count(fields.len() - FIELDS, "more field"));
    }
    told.join("<br>")
}

/// What a mesh gets, as the terminal shows it.
fn details(shown: &Shown<'_>, mesh: &MeshChanges, arrow: &'static str) -> String {
    let changes: Vec<&ObjectChange<ObjectId>> = mesh.rendered.changes.values().flatten().collect();
    let mut page = Page::new(shown, arrow);
    page.bare_objects(&changes);
    let text = page.into_lines().join("\n");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let summary = format!("{}: {}", mesh.backend, count(changes.len(), "object"));
    format!("\n<details><summary>{summary}</summary>\n\n{fence}diff\n{text}\n{fence}\n</details>\n")
}

/// The sign of a line stands out; everything else is what somebody wrote.
fn bold_sign(line: &str) -> String {
    match line.split_once(' ') {
        Some((sign @ ("+" | "-" | "!"), rest)) => format!("**{sign}** {}", code(rest)),
        Some((sign, rest)) => format!("{sign} {}", code(rest)),
        None => code(line),
    }
}

/// Text that Markdown, HTML and tables leave as it is.
fn code(text: &str) -> String {
    let mut out = String::from("<code>");
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '|' => out += "&#124;",
            '`' => out += "&#96;",
            '*' => out += "&#42;",
            '_' => out += "&#95;",
            '[' => out += "&#91;",
            ']' => out += "&#93;",
            '\\' => out += "&#92;",
            '~' => out += "&#126;",
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out + "</code>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays_text() {
        assert_eq!(code("a|b`c<d>\n*e*"), "<code>a&#124;b&#96;c&lt;d&gt; &#42;e&#42;</code>");
    }
}
