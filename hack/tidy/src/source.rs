//! What Rust code may mention where: the invariants of `ARCHITECTURE.md` that no manifest can hold.

use crate::Findings;
use crate::tree::File;

/// Words that stand only where they may.
struct Rule {
    /// Beginnings of paths of the files it holds for.
    folders: &'static [&'static str],
    /// What must not stand there.
    words: &'static [&'static str],
    /// What may stand there all the same: longer spellings.
    but: &'static [&'static str],
    /// Files to which it does not apply.
    doors: &'static [&'static str],
    reason: &'static str,
}

/// Crates whose code must give the same output for the same bytes.
const PURE: &[&str] = &["crds/src/", "translator/src/", "backends/"];

const RULES: &[Rule] = &[
    Rule {
        folders: PURE,
        words: &["std::fs", "std::net", "std::process", "std::thread", "SystemTime", "Instant::", "::Instant", "std::env", "tokio"],
        but: &["std::net::IpAddr", "std::net::Ipv4Addr", "std::net::Ipv6Addr", "std::net::SocketAddr"],
        doors: &[],
        reason: "no clock, file system, network, environment or async: the same bytes always give the same output",
    },
    Rule {
        folders: &["backends/"],
        words: &["meshglot_crds"],
        but: &[],
        doors: &[],
        reason: "a backend sees what was meant (the model), never what was written",
    },
    Rule {
        folders: &["backends/"],
        words: &["meshglot_translator::parse", "translator::{"],
        but: &["meshglot_translator::parse::Origin;"],
        doors: &["backends/istio/src/eval/tests.rs"],
        reason: "of the text a backend knows only where a value stands (Origin), and each import names its module",
    },
    Rule {
        folders: &["crds/src/", "translator/src/", "backends/", "cli/src/", "web/src/"],
        words: &["granit_parser"],
        but: &[],
        doors: &["translator/src/parse/yaml.rs"],
        reason: "text is read in one place (ADR 0004)",
    },
    Rule {
        folders: &["crds/src/", "translator/src/", "backends/", "cli/src/", "web/src/"],
        words: &["serde_saphyr", "serde_yaml"],
        but: &[],
        doors: &["translator/src/render/write.rs"],
        reason: "YAML is written in one place (ADR 0004)",
    },
];

/// Everything that stands where it must not. Tests may do more and are left out.
pub fn check(files: &[File]) -> Findings {
    let mut findings = Findings::new();
    for file in files.iter().filter(|file| is_product(file) && !is_process(&file.path)) {
        for rule in RULES {
            let applies = rule.folders.iter().any(|folder| file.path.starts_with(folder)) && !rule.doors.contains(&file.path.as_str());
            if applies {
                for (line, word) in mentions(file.without_tests(), rule.words, rule.but) {
                    findings.push(format!("{}:{line}: `{word}`: {}", file.path, rule.reason));
                }
            }
        }
    }
    findings
}

/// Files outside of a backend and the registry that name the backend's crate.
pub fn check_backend_names(files: &[File], backends: &[(String, String)]) -> Findings {
    let mut findings = Findings::new();
    for file in files.iter().filter(|file| file.is(&["rs"])) {
        for (folder, name) in backends {
            let own = file.path.starts_with(&format!("{folder}/")) || file.path.starts_with("backends/registry/");
            for (line, _) in mentions(&file.text, &[name.as_str()], &[]).into_iter().filter(|_| !own) {
                findings.push(format!("{}:{line}: `{name}`: the registry is the only list of backends", file.path));
            }
        }
    }
    findings
}

/// A reading of a vendor's objects that knows its renderer would judge nothing, and the other way round.
pub fn check_readers(files: &[File]) -> Findings {
    let mut findings = Findings::new();
    for file in files.iter().filter(|file| is_product(file) && file.path.starts_with("backends/")) {
        let reads = file.path.contains("/src/eval/");
        let opens_the_door = file.path.ends_with("/src/lib.rs");
        for (index, line) in file.without_tests().lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let paths = line.match_indices("crate::").filter(|(at, _)| !line[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            let mut inside = paths.map(|(at, word)| line[at + word.len()..].starts_with("eval"));
            if (reads && inside.any(|inside| !inside)) || (!reads && !opens_the_door && inside.any(|inside| inside)) {
                findings.push(format!(
                    "{}:{}: rendering and reading are written apart, so that one can judge the other",
                    file.path,
                    index + 1
                ));
            }
        }
    }
    findings
}

/// Code that is compiled into users' programs.
fn is_product(file: &File) -> bool {
    file.is(&["rs"]) && file.path.contains("/src/")
}

/// What stands below a backend is no renderer: the control plane and the proxies of the built-in mesh are processes, with a network
/// and a clock. Neither is the controller, which renders by the backend that it is given.
fn is_process(path: &str) -> bool {
    let mut parts = path.split('/');
    let is_below = parts.next() == Some("backends") && parts.nth(1).is_some_and(|part| !matches!(part, "src" | "tests"));
    is_below || path.starts_with("backends/controller/")
}

/// Line and word of each mention, comments left out.
fn mentions<'w>(text: &str, words: &[&'w str], but: &[&str]) -> Vec<(usize, &'w str)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    let in_line = |(index, line): (usize, &str)| {
        let line = but.iter().fold(line.to_owned(), |line, allowed| line.replace(allowed, ""));
        words.iter().filter(|word| line.contains(**word)).map(|word| (index + 1, *word)).collect::<Vec<_>>()
    };
    lines.flat_map(in_line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Findings {
        check(&[File::new(path, text)])
    }

    #[test]
    fn the_core_touches_nothing_outside_of_itself() {
        let findings = found("translator/src/x.rs", "//! X.\nuse std::fs;\nlet now = std::time::SystemTime::now();\n");
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[0].starts_with("translator/src/x.rs:2: `std::fs`: no clock"));
        assert_eq!(found("cli/src/x.rs", "use std::fs;"), Findings::new());
        assert_eq!(found("backends/x/src/y.rs", "use std::net::IpAddr;"), Findings::new());
        assert_eq!(found("backends/x/src/y.rs", "use std::net::TcpStream;").len(), 1);
        assert_eq!(found("backends/x/plane/src/y.rs", "use std::net::TcpStream;"), Findings::new(), "a process below a backend");
    }

    #[test]
    fn comments_and_tests_may_say_anything() {
        assert_eq!(found("translator/src/x.rs", "// std::fs is not used here\n\n#[cfg(test)]\nuse std::fs;\n"), Findings::new());
        assert_eq!(found("backends/x/tests/y.rs", "use meshglot_translator::parse::{Source, parse};"), Findings::new());
    }

    #[test]
    fn backends_see_the_model_and_where_a_value_stands() {
        assert_eq!(found("backends/x/src/y.rs", "use meshglot_translator::parse::Origin;"), Findings::new());
        assert_eq!(found("backends/x/src/y.rs", "use meshglot_translator::parse::{Origin, Document};").len(), 1);
        assert_eq!(found("backends/x/src/y.rs", "use meshglot_crds::Mesh;").len(), 1);
    }

    #[test]
    fn yaml_has_one_door_in_and_one_out() {
        assert_eq!(found("translator/src/parse/yaml.rs", "use granit_parser::Event;"), Findings::new());
        assert_eq!(found("cli/src/x.rs", "use granit_parser::Event;").len(), 1);
        assert_eq!(found("translator/src/render/write.rs", "serde_saphyr::to_string(value)"), Findings::new());
        assert_eq!(found("backends/x/src/y.rs", "serde_saphyr::to_string(value)").len(), 1);
    }

    #[test]
    fn readings_and_renderers_do_not_meet() {
        let found = |path: &str, text: &str| check_readers(&[File::new(path, text)]).len();
        assert_eq!(found("backends/x/src/eval/mod.rs", "use crate::split::render;"), 1);
        assert_eq!(found("backends/x/src/eval/mod.rs", "use crate::eval::path::Path;"), 0);
        assert_eq!(found("backends/x/src/split.rs", "use crate::eval::path::Path;"), 1);
        assert_eq!(found("backends/x/src/lib.rs", "use crate::eval::Reader;"), 0);
    }

    #[test]
    fn only_the_registry_names_a_backend() {
        let backends = [("backends/one".to_owned(), "meshglot_one".to_owned())];
        let found = |path: &str| check_backend_names(&[File::new(path, "use meshglot_one::One;")], &backends).len();
        assert_eq!((found("backends/one/tests/x.rs"), found("backends/registry/src/lib.rs")), (0, 0));
        assert_eq!((found("cli/src/x.rs"), found("golden/tests/x.rs"), found("backends/two/src/x.rs")), (1, 1, 1));
    }
}
