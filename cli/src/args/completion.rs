//! `meshglot completion`.

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot completion bash > ~/.meshglot.bash
  meshglot completion zsh > ~/.meshglot.zsh

Exit codes: 0 printed, 2 usage.";

/// `meshglot completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// Shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
