//! What every file must look like: a head, a length that can be read, nothing unfinished, no path of a machine.

use crate::Findings;
use crate::tree::File;

/// Lines that a file of code may have. Most have under 120; one that needs more usually is two files.
const LONGEST: usize = 450;

/// Longer files, each with the reason.
const LONG: &[(&str, &str)] = &[];

/// Code by extension; `install` and `test` have none.
const CODE: &[&str] = &["rs", "go", "html", "css", "mjs", "sh"];

/// Words of unfinished work. In two parts, so that this file does not find itself.
const UNFINISHED: [(&str, &str); 5] = [("todo", "!"), ("unimplemented", "!"), ("#[ign", "ore"), ("FIX", "ME"), ("TO", "DO")];

/// Beginnings of paths of one machine.
const MACHINE: [(&str, &str); 4] = [("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/"), ("/Us", "ers/")];

/// All that is wrong with the shape of files.
pub fn check(files: &[File]) -> Findings {
    let checks = [head, length, unfinished, machine];
    files.iter().flat_map(|file| checks.iter().flat_map(|check| check(file))).collect()
}

fn head(file: &File) -> Findings {
    // In JavaScript every comment is of one sort.
    let head = if file.is(&["rs"]) { "//!" } else { "// " };
    if !file.is(&["rs", "mjs"]) || file.text.starts_with(head) {
        return Findings::new();
    }
    vec![format!("{}:1: no `{}` head: one file, one sentence that says what it is", file.path, head.trim_end())]
}

fn length(file: &File) -> Findings {
    let lines = file.text.lines().count();
    if !file.is(CODE) || lines <= LONGEST || LONG.iter().any(|(path, _)| *path == file.path) {
        return Findings::new();
    }
    vec![format!("{}: {lines} lines, at most {LONGEST}: if its head needs \"and\", it is two files", file.path)]
}

fn unfinished(file: &File) -> Findings {
    if !file.is(CODE) {
        return Findings::new();
    }
    let words = UNFINISHED.map(|(a, b)| format!("{a}{b}"));
    lines_with(file, &words, "finish it, or say in words what is missing", |_| true)
}

fn machine(file: &File) -> Findings {
    let words = MACHINE.map(|(a, b)| format!("{a}{b}"));
    // Inside a longer path or a URL it is a folder of something else.
    lines_with(file, &words, "a path of one machine helps nobody on another", |before| {
        !before.ends_with(|c: char| c.is_alphanumeric() || "._-/~}".contains(c))
    })
}

/// Lines with one of the words where what stands before it makes it count.
fn lines_with(file: &File, words: &[String], reason: &str, counts: impl Fn(&str) -> bool) -> Findings {
    let mut findings = Findings::new();
    for (index, line) in file.text.lines().enumerate() {
        for word in words {
            if line.match_indices(word.as_str()).any(|(at, _)| counts(&line[..at])) {
                findings.push(format!("{}:{}: `{word}`: {reason}", file.path, index + 1));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&[File::new(path, text)]).len()
    }

    #[test]
    fn a_file_of_code_begins_with_its_head() {
        assert_eq!(found("x.rs", "//! X.\n"), 0);
        assert_eq!(found("x.rs", "use std::fmt;\n"), 1);
        assert_eq!(found("x.mjs", "// X.\n"), 0);
        assert_eq!(found("x.mjs", "import 'x';\n"), 1);
        assert_eq!(found("x.go", "package x\n"), 0);
    }

    #[test]
    fn a_file_of_code_can_be_read_in_one_go() {
        assert_eq!(found("x.rs", &"//!\n".repeat(LONGEST)), 0);
        assert_eq!(found("x.rs", &"//!\n".repeat(LONGEST + 1)), 1);
        assert_eq!(found("x.md", &"text\n".repeat(LONGEST + 1)), 0);
    }

    #[test]
    fn unfinished_work_is_found() {
        for (a, b) in UNFINISHED {
            assert_eq!(found("x.rs", &format!("//! X.\n{a}{b}\n")), 1, "{a}{b}");
        }
    }

    #[test]
    fn a_path_of_a_machine_is_found_wherever_it_stands() {
        for (a, b) in MACHINE {
            assert_eq!(found("x.md", &format!("see `{a}{b}x`\n")), 1, "{a}{b}");
            assert_eq!(found("x.md", &format!("see frame{a}{b}x and https://example.com{a}{b}\n")), 0, "{a}{b}");
        }
    }
}
