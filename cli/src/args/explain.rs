//! `meshglot explain`.

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot explain MG0301
  meshglot explain trafficsplit.spec.backends.weight

Exit codes: 0 printed, 2 usage, 3 no such code, kind or field.";

/// `meshglot explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Code, or KIND[.field...]
    #[arg(value_name = "CODE|KIND.field")]
    pub topic: String,
    /// text or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
}
