//! `meshglot lint`.

use clap::{Args, ValueEnum};

use super::{Choice, Input};

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot lint -f policies/
  meshglot lint -f policies/ --backend linkerd --fail-on warning

Exit codes: 0 nothing as bad as --fail-on, 1 findings, 2 usage, 3 input cannot be read.";

/// `meshglot lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Backend.
    #[command(flatten)]
    pub choice: Choice,
    /// Least severity that fails
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub fail_on: FailOn,
    /// text or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Objects without effect, refused renderings
    #[default]
    Error,
    /// Also what is hardly meant, and narrowed or dropped policy
    Warning,
    /// Everything
    Info,
}
