//! `meshglot explain`.

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot explain MG0301
  meshglot explain trafficsplit.spec.backends.weight
  meshglot explain traffictarget --recursive
  meshglot explain --list

Exit codes: 0 explained, 2 usage, 3 there is no such code, kind or field.";

/// `meshglot explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Code, or KIND[.field...]; absent: what there is to explain
    #[arg(value_name = "CODE|KIND.field")]
    pub topic: Option<String>,
    /// All fields below a kind or field
    #[arg(long, requires = "topic", conflicts_with = "list")]
    pub recursive: bool,
    /// All codes
    #[arg(long, conflicts_with = "topic")]
    pub list: bool,
    /// text, json or md
    #[arg(short, long, default_value = "text", value_parser = ["text", "json", "md"], value_name = "FORMAT")]
    pub output: String,
}
