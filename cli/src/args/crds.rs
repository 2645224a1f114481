//! `meshglot crds`.

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot crds | kubectl apply --server-side -f -
  meshglot crds trafficsplit

Exit codes: 0 printed, 2 usage, 3 no such kind.";

/// `meshglot crds`.
#[derive(Debug, Args)]
pub struct CrdsArgs {
    /// Kinds, by any of their names; absent: all
    #[arg(value_name = "KIND")]
    pub kinds: Vec<String>,
    /// yaml or json
    #[arg(short, long, default_value = "yaml", value_parser = ["yaml", "json"], value_name = "FORMAT")]
    pub output: String,
}
