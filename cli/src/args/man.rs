//! `meshglot man`.

use std::path::PathBuf;

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot man render | man -l -
  meshglot man --dir ~/.local/share/man/man1

Exit codes: 0 written, 2 usage, 3 no such command, 6 something of somebody else is in the way.";

/// `meshglot man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Command; absent: meshglot itself
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Write the pages of all commands into a folder
    #[arg(long, value_name = "PATH", conflicts_with = "command")]
    pub dir: Option<PathBuf>,
}
