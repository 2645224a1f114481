//! `meshglot version`.

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot version
  meshglot version -o json

Exit codes: 0 printed, 2 usage.";

/// `meshglot version`.
#[derive(Debug, Args)]
pub struct VersionArgs {
    /// text or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
}
