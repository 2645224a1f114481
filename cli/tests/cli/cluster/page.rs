//! `docs/kubernetes.md` is true: its `sh` blocks are run in their order, and the `text` blocks after them show what they print.

use std::path::Path;
use std::process::{Command, Stdio};

use meshglot_apiserver::{crds, installed, peer};

use super::site::{Controller, Site};
use crate::pages;

const PAGE: &str = "docs/kubernetes.md";

/// Where the blocks of the page run.
struct Shell<'s> {
    site: &'s Site,
    path: String,
    controllers: Vec<Controller>,
}

impl Shell<'_> {
    fn command(&self, text: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", text]).current_dir(self.site.folder.path()).stdin(Stdio::null());
        command.env_clear().envs([("PATH", self.path.as_str()), ("LC_ALL", "C.UTF-8")]);
        command.env("KUBECONFIG", &self.site.kubeconfig).env("HOME", self.site.folder.path());
        command
    }

    /// What a block prints; a controller goes on.
    fn run(&mut self, text: &str) -> String {
        if text.starts_with("meshglot controller") {
            let mut command = self.command(&format!("exec {text}"));
            let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
            self.controllers.push(Controller::of(child));
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

/// Whether all words are the same, where `…` is any.
fn is_as_shown(shown: &str, said: &str) -> bool {
    let same = |(shown, said): (&str, &str)| {
        let (shown, said): (Vec<&str>, Vec<&str>) = (shown.split_whitespace().collect(), said.split_whitespace().collect());
        shown.len() == said.len() && shown.iter().zip(said).all(|(shown, said)| *shown == "…" || *shown == said)
    };
    shown.lines().count() == said.lines().count() && shown.lines().zip(said.lines()).all(same)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_cluster_comes_to_enforced_policy_as_the_page_says() {
    let Some(kubectl) = peer("kubectl").filter(|_| installed() && crds().is_some()) else { return };
    let site = Site::bare(&["istio"]).await;
    let programs = [kubectl.as_path(), Path::new(env!("CARGO_BIN_EXE_meshglot"))];
    let folders = programs.map(|program| program.parent().expect("a folder").display().to_string());
    let path = format!("{}:{}", folders.join(":"), std::env::var("PATH").unwrap_or_default());
    pages::current(PAGE, |text| Shell { site: &site, path: path.clone(), controllers: Vec::new() }.rerun(text));
}
