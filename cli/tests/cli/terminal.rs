//! The real binary on a terminal: what is paged, what is coloured, and how it ends when it is interrupted.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use test_case::test_case;

use super::GOOD;

/// Shows that it was called, and what it was given.
const PAGER: (&str, &str) = ("MESHGLOT_PAGER", "sed s/^/paged:/");

/// The binary without the settings of whoever runs the tests.
fn meshglot(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
    command.args(arguments).env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
    command.env("LC_ALL", "C.UTF-8").env("TERM", "xterm").envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

/// A terminal of this size: the side that we look at, and the side that a program gets.
pub(super) fn terminal(rows: u16) -> (File, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).expect("it is ours");
    unlockpt(&ours).expect("it is open");
    let name = ptsname(&ours, Vec::new()).expect("its name").into_string().expect("UTF-8");
    let theirs = OpenOptions::new().read(true).write(true).open(name).expect("its other side");
    tcsetwinsize(&theirs, Winsize { ws_row: rows, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 }).expect("its size");
    (File::from(ours), theirs)
}

/// What the command shows on a terminal of so many rows, and its exit code.
fn shown(mut command: Command, rows: u16) -> (String, Option<i32>) {
    let (mut ours, theirs) = terminal(rows);
    command.stdout(theirs.try_clone().expect("a stream")).stderr(theirs);
    let mut child = command.spawn().expect("meshglot runs");
    // It holds the other side, which must be closed for the end to be seen.
    drop(command);
    let mut text = Vec::new();
    // Linux ends a terminal that nobody holds with an error, not with an end of file.
    let _ = ours.read_to_end(&mut text);
    let status = child.wait().expect("it ends");
    (String::from_utf8(text).expect("UTF-8").replace("\r\n", "\n"), status.code())
}

#[test_case(&["crds"], &[PAGER], 24, true ; "a long answer")]
#[test_case(&["version"], &[PAGER], 24, false ; "a short answer")]
#[test_case(&["capabilities", "--feature", "split"], &[PAGER], 50, false ; "the terminal is tall")]
#[test_case(&["capabilities", "--feature", "split"], &[PAGER], 4, true ; "the terminal is not")]
#[test_case(&["capabilities", "--feature", "split"], &[PAGER, ("LINES", "4")], 50, false ; "the terminal knows better than a variable")]
#[test_case(&["crds"], &[("MESHGLOT_PAGER", "sed s/^/paged:/"), ("PAGER", "false")], 24, true ; "our own pager first")]
#[test_case(&["crds"], &[("PAGER", "sed s/^/paged:/")], 24, true ; "then the pager of the system")]
#[test_case(&["crds"], &[("PAGER", "")], 24, false ; "no pager")]
#[test_case(&["crds"], &[("PAGER", "cat")], 24, false ; "cat")]
#[test_case(&["crds"], &[("PAGER", "there-is-no-such-program")], 24, false ; "a pager that does not start")]
#[test_case(&["crds", "--no-pager"], &[PAGER], 24, false ; "not wanted")]
fn paged(arguments: &[&str], variables: &[(&str, &str)], rows: u16, want: bool) {
    let (text, exit) = shown(meshglot(arguments, variables), rows);
    assert_eq!(exit, Some(0), "{text}");
    assert_eq!(text.starts_with("paged:"), want, "{text:.80}");
    assert!(!text.is_empty());
}

#[test]
fn less_is_the_usual_pager_and_never_one_in_a_pipe_or_a_ci() {
    let folder = tempfile::tempdir().expect("a folder");
    let less = folder.path().join("less");
    fs::write(&less, "#!/bin/sh\necho \"less $*\"\nwhile read -r _; do :; done\n").expect("written");
    fs::set_permissions(&less, fs::Permissions::from_mode(0o755)).expect("executable");
    let path = folder.path().to_str().expect("UTF-8");
    let (text, exit) = shown(meshglot(&["crds"], &[("PATH", path)]), 24);
    assert_eq!((text.as_str(), exit), ("less -FRX\n", Some(0)));

    let piped = meshglot(&["crds"], &[("PATH", path), ("GITHUB_ACTIONS", "true")]).output().expect("it runs");
    assert!(piped.stdout.starts_with(b"apiVersion"));
}

#[test]
fn the_pager_changes_no_exit_code_and_the_closing_line_comes_after_it() {
    let losses = concat!(env!("CARGO_MANIFEST_DIR"), "/../golden/split/tcp/input.yaml");
    let arguments = ["render", "-f", losses, "--backend", "all"];
    let (text, exit) = shown(meshglot(&arguments, &[PAGER]), 10);
    let plain = meshglot(&arguments, &[]).output().expect("it runs");
    assert_eq!(exit, plain.status.code());
    assert_eq!(exit, Some(1), "{text}");
    let closing = text.find("neutral object").expect("a closing line");
    assert!(text.rfind("paged:").expect("a pager") < closing, "{text}");
}

/// Whether the diagnostics of a mistake are coloured, on a terminal or in a pipe.
fn coloured(arguments: &[&str], variables: &[(&str, &str)], on_terminal: bool) -> bool {
    let losses = concat!(env!("CARGO_MANIFEST_DIR"), "/../golden/split/tcp/input.yaml");
    let command = meshglot(&[&["lint", "-f", losses, "--backend", "consul"], arguments].concat(), variables);
    let text = if on_terminal {
        shown(command, 50).0
    } else {
        let mut command = command;
        let said = command.output().expect("it runs");
        String::from_utf8([said.stdout, said.stderr].concat()).expect("UTF-8")
    };
    assert!(text.contains("MG13"), "{text}");
    text.contains('\u{1b}')
}

#[test_case(&[], &[], true, true ; "a terminal")]
#[test_case(&[], &[], false, false ; "a pipe")]
#[test_case(&[], &[("NO_COLOR", "1")], true, false ; "NO_COLOR on a terminal")]
#[test_case(&[], &[("TERM", "dumb")], true, false ; "a terminal without colours")]
#[test_case(&[], &[("CLICOLOR_FORCE", "1")], false, true ; "CLICOLOR_FORCE in a pipe")]
#[test_case(&[], &[("FORCE_COLOR", "1")], false, true ; "FORCE_COLOR in a pipe")]
#[test_case(&[], &[("GITHUB_ACTIONS", "true")], false, true ; "a CI that shows colours")]
#[test_case(&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false, false ; "NO_COLOR before CLICOLOR_FORCE")]
#[test_case(&["--color=always"], &[("NO_COLOR", "1")], false, true ; "the flag before NO_COLOR")]
#[test_case(&["--color=never"], &[("CLICOLOR_FORCE", "1")], true, false ; "the flag before a terminal")]
fn colours(arguments: &[&str], variables: &[(&str, &str)], on_terminal: bool, want: bool) {
    assert_eq!(coloured(arguments, variables, on_terminal), want);
}

#[test]
fn usage_errors_obey_the_flag_too() {
    let text = |arguments: &[&str]| shown(meshglot(arguments, &[]), 50).0;
    assert!(text(&["rendr"]).contains('\u{1b}'));
    assert!(!text(&["rendr", "--color=never"]).contains('\u{1b}'));
}

#[test]
fn an_interrupt_ends_it_as_shells_expect() {
    let mut child = meshglot(&["lint", "-f", "-"], &[]).stdin(Stdio::piped()).spawn().expect("meshglot runs");
    let mut stdin = child.stdin.take().expect("a stream");
    stdin.write_all(GOOD.as_bytes()).expect("it reads");
    let pid = Pid::from_raw(child.id().try_into().expect("a process")).expect("a process");
    kill_process(pid, Signal::INT).expect("it is there");
    // Shells say 128 and the number of the signal: 130.
    assert_eq!(child.wait().expect("it ends").signal(), Some(2));
}

#[test_case("crds" ; "an answer")]
#[test_case("crds -o json" ; "one document")]
#[test_case("--help" ; "help")]
fn a_reader_who_leaves_early_has_seen_enough(arguments: &str) {
    // The reader is gone before anything is written.
    let line = format!("{{ sleep 0.1; {} {arguments}; echo $? >&3; }} 3>&1 1> >(exec true)", env!("CARGO_BIN_EXE_meshglot"));
    let said = Command::new("bash").args(["-c", &line]).output().expect("bash runs");
    assert_eq!((String::from_utf8_lossy(&said.stdout).as_ref(), said.stderr.as_slice()), ("0\n", b"".as_slice()));
}
