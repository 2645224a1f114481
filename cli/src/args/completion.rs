//! `meshglot completion`.

use std::path::PathBuf;

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  source <(meshglot completion bash)
  meshglot completion zsh > ~/.meshglot.zsh
  meshglot completion --install-kubectl ~/.local/bin

Names come from the files of -f on the line, else from the manifests in the current folder.
Exit codes: 0 written, 2 usage, 6 something of somebody else is in the way.";

/// `meshglot completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// Shell
    #[arg(value_enum, required_unless_present = "install_kubectl")]
    pub shell: Option<clap_complete::Shell>,
    /// Make this binary a plugin of kubectl, with its completion: write both into a folder of the PATH
    #[arg(long, value_name = "DIR", conflicts_with = "shell")]
    pub install_kubectl: Option<PathBuf>,
}
