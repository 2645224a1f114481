//! `meshglot completion`.

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot completion bash > /etc/bash_completion.d/meshglot
  meshglot completion zsh > \"${fpath[1]}/_meshglot\"";

/// `meshglot completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// Shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
