//! `meshglot version`.

use clap::Args;

pub(super) const EXAMPLES: &str = "Examples:\n  meshglot version\n  meshglot version -o json";

/// `meshglot version`.
#[derive(Debug, Args)]
pub struct VersionArgs {
    /// text or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
}
