//! Every `console` block of every page is run, and shows what was said.
//!
//! A line that begins with `$ ` is a command; it goes on in the next line if it ends with `\`. What follows is its answer:
//! standard output, then standard error. Commands run in bash with `meshglot` on the PATH, from the top of the repository,
//! and those of `examples/**` from the folder of their page. An exit code other than 0 is shown by `$ echo $?`. A block that
//! cannot be run has another language than `console`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::pages;

#[test]
fn every_console_block_shows_what_the_commands_say() {
    for page in pages::all() {
        let folder = if page.starts_with("examples/") { pages::root().join(&page) } else { pages::root().join("README.md") };
        let folder = folder.parent().expect("a folder").to_owned();
        pages::current(&page, |text| rerun(text, &Shell { folder }));
    }
}

/// Where commands run, with nothing of this machine's own settings.
struct Shell {
    folder: PathBuf,
}

impl Shell {
    /// What it says, and its exit code; `before` is the code of the command before it.
    fn run(&self, command: &str, before: i32) -> (String, i32) {
        let binary = Path::new(env!("CARGO_BIN_EXE_meshglot")).parent().expect("a folder").display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        let said = Command::new("bash")
            .args(["-c", &format!("(exit {before})\n{command}")])
            .current_dir(&self.folder)
            .env_clear()
            .envs([("PATH", format!("{binary}:{path}")), ("LC_ALL", "C.UTF-8".to_owned())])
            .output()
            .expect("bash runs");
        let text = [said.stdout, said.stderr].concat();
        (String::from_utf8(text).expect("UTF-8"), said.status.code().expect("an exit code"))
    }
}

/// The page with every console block run anew.
fn rerun(page: &str, shell: &Shell) -> String {
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        let fence: String = line.chars().take_while(|character| *character == '`').collect();
        if fence.len() < 3 {
            assert!(line.trim_start() != "```console", "a console block that is indented is not run");
            continue;
        }
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != fence).collect();
        let block = if line == "```console" { transcript(&block, shell) } else { block.iter().map(|line| format!("{line}\n")).collect() };
        let _ = writeln!(out, "{block}{fence}");
    }
    out
}

/// The commands of a block with what they say now.
fn transcript(block: &[&str], shell: &Shell) -> String {
    let mut out = String::new();
    let mut code = 0;
    let commands = commands(block);
    assert!(!commands.is_empty(), "a console block without a command: {block:?}");
    for (at, command) in commands.iter().enumerate() {
        let (said, exit) = shell.run(command, code);
        let _ = writeln!(out, "$ {command}");
        for line in said.lines() {
            let _ = writeln!(out, "{}", line.trim_end());
        }
        code = exit;
        if code != 0 && commands.get(at + 1).is_none_or(|next| next != "echo $?") {
            let _ = write!(out, "$ echo $?\n{code}\n");
            code = 0;
        }
    }
    out
}

/// What stands behind the prompts, with continued lines.
fn commands(block: &[&str]) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in block {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (_, Some(last)) if goes_on => {
                last.push('\n');
                last.push_str(line);
            }
            (Some(command), _) => commands.push(command.to_owned()),
            (None, _) => continue,
        }
        goes_on = line.ends_with('\\');
    }
    commands
}

#[test]
fn a_block_is_run_and_its_old_answer_replaced() {
    let shell = Shell { folder: pages::root() };
    let page = "text\n```console\n$ meshglot version | cut -c 1-8\nold\n$ meshglot explain \\\n    MG9999 2> /dev/null\n```\n```text\n$ kubectl get pods\n```\n";
    let want = "text\n```console\n$ meshglot version | cut -c 1-8\nmeshglot\n$ meshglot explain \\\n    MG9999 2> /dev/null\n$ echo $?\n3\n```\n```text\n$ kubectl get pods\n```\n";
    assert_eq!(rerun(page, &shell), want);
    assert_eq!(rerun(want, &shell), want, "what is current stays");
}
