//! Pages whose `sh` blocks are run in their order against a cluster, and whose `text` blocks after them show what they print.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::pages;

/// Where the blocks of a page run.
pub(super) struct Shell<'s> {
    folder: &'s Path,
    kubeconfig: &'s Path,
    path: String,
    controllers: Vec<Controller>,
}

/// A controller that a block has started; dropped, it is ended.
struct Controller(Child);

impl<'s> Shell<'s> {
    /// In a folder, for the administrator of a cluster, with these programs beside `meshglot` and the system's.
    pub(super) fn new(folder: &'s Path, kubeconfig: &'s Path, kubectl: &Path) -> Self {
        let programs = [kubectl, Path::new(env!("CARGO_BIN_EXE_meshglot"))];
        let folders = programs.map(|program| program.parent().expect("a folder").display().to_string());
        let path = format!("{}:{}", folders.join(":"), std::env::var("PATH").unwrap_or_default());
        Self { folder, kubeconfig, path, controllers: Vec::new() }
    }

    /// Runs a page, and fails where it shows what is not so.
    pub(super) fn holds(mut self, page: &str) {
        pages::current(page, |text| self.rerun(text));
    }

    fn command(&self, text: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", text]).current_dir(self.folder).stdin(Stdio::null());
        command.env_clear().envs([("PATH", self.path.as_str()), ("LC_ALL", "C.UTF-8")]);
        command.env("KUBECONFIG", self.kubeconfig).env("HOME", self.folder);
        command
    }

    /// What a block prints; a controller goes on.
    fn run(&mut self, text: &str) -> String {
        if text.starts_with("meshglot controller") {
            let mut command = self.command(&format!("exec {text}"));
            let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
            self.controllers.push(Controller(child));
            return String::new();
        }
        let said = self.command(text).output().expect("bash runs");
        let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        assert!(said.status.success(), "{text}\n{out}\n{err}");
        out.into_owned()
    }

    /// The page as it should be: shown answers stay where they hold.
    fn rerun(&mut self, page: &str) -> String {
        let (mut made, mut said) = (String::new(), String::new());
        let mut lines = page.lines();
        while let Some(line) = lines.next() {
            made.push_str(line);
            made.push('\n');
            let Some(language) = line.strip_prefix("```") else { continue };
            let block: String = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
            if language == "sh" {
                said = self.run(&block);
            }
            made.push_str(if language == "sh" || is_as_shown(&block, &said) { &block } else { &said });
            made.push_str("```\n");
        }
        made
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // It may have ended by itself. Asked to, it gives its Lease up for the next one.
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
    }
}

/// Whether all words are the same, where `…` is any.
fn is_as_shown(shown: &str, said: &str) -> bool {
    let same = |(shown, said): (&str, &str)| {
        let (shown, said): (Vec<&str>, Vec<&str>) = (shown.split_whitespace().collect(), said.split_whitespace().collect());
        shown.len() == said.len() && shown.iter().zip(said).all(|(shown, said)| *shown == "…" || *shown == said)
    };
    shown.lines().count() == said.lines().count() && shown.lines().zip(said.lines()).all(same)
}
