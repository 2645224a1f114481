//! `meshglot capabilities`.

use clap::Args;

use super::input::backend_name;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot capabilities
  meshglot capabilities --backend consul -o json

Exit codes: 0 printed, 2 usage, 3 no such feature.";

/// `meshglot capabilities`.
#[derive(Debug, Args)]
pub struct CapabilitiesArgs {
    /// One backend only
    #[arg(long, value_name = "NAME", value_parser = backend_name())]
    pub backend: Option<String>,
    /// One feature, or all below one, such as `split`
    #[arg(long, value_name = "FEATURE")]
    pub feature: Option<String>,
    /// table, json or md
    #[arg(short, long, default_value = "table", value_parser = ["table", "json", "md"], value_name = "FORMAT")]
    pub output: String,
}
