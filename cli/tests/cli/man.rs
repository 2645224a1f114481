//! Manual pages: one for every command, and `man` can show them.

use std::fs;
use std::process::Command;

use meshglot::args::commands;
use meshglot::capture;
use test_case::test_case;

#[test]
fn every_command_has_a_page_that_man_can_show() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("UTF-8");
    let said = capture(&["man", "--dir", path], b"");
    assert_eq!((said.exit, said.stdout.as_str()), (0, ""), "{}", said.stderr);
    assert_eq!(fs::read_dir(path).expect("a folder").count(), commands().len() + 1);
    for command in std::iter::once(String::new()).chain(commands()) {
        let title = format!("meshglot {command}").trim_end().replace(' ', "-");
        let page = folder.path().join(format!("{title}.1"));
        let text = fs::read_to_string(&page).expect("a page");
        assert_eq!(text, capture(&["man", &command].map(str::trim).into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>(), b"").stdout);
        let shown = Command::new("man").args(["--warnings", "-l"]).arg(&page).env("MANWIDTH", "80").env("LC_ALL", "C.UTF-8").output();
        let Ok(shown) = shown else {
            eprintln!("skipped: man is not installed, so the pages are not shown");
            continue;
        };
        let (shown, warned) = (String::from_utf8_lossy(&shown.stdout).into_owned(), String::from_utf8_lossy(&shown.stderr).into_owned());
        assert_eq!(warned, "", "{title}");
        for heading in ["NAME", "SYNOPSIS", "EXIT STATUS", "ENVIRONMENT"] {
            assert!(shown.lines().any(|line| line == heading), "{title} {heading}: {shown}");
        }
    }
    assert_eq!(capture(&["man", "--dir", path], b"").exit, 0, "twice is as good as once");
}

#[test_case(&["man"], 0, ".SH SUBCOMMANDS" ; "meshglot itself")]
#[test_case(&["man", "render"], 0, "meshglot render \\-f policies/" ; "one command")]
#[test_case(&["man", "rendr"], 3, "did you mean render?" ; "a command that is misspelt")]
fn pages(arguments: &[&str], exit: u8, words: &str) {
    let said = capture(arguments, b"");
    assert_eq!(said.exit, exit);
    assert!((said.stdout.clone() + &said.stderr).contains(words), "{}{}", said.stdout, said.stderr);
}

#[test]
fn what_is_not_ours_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let theirs = folder.path().join("meshglot-lint.1");
    fs::write(&theirs, "mine\n").expect("written");
    assert_eq!(capture(&["man", "--dir", folder.path().to_str().expect("UTF-8")], b"").exit, 6);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    assert_eq!(fs::read_to_string(theirs).expect("there"), "mine\n");
}
