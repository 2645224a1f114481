//! `meshglot matrix`.

use clap::Args;

use super::Input;
use super::input::backend_name;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot matrix -f policies/
  meshglot matrix -f policies/ --to shop --backend istio -o wide
  meshglot matrix -f policies/ --changed-from git:main -o md

A row is a caller: an account that something runs as or that a rule names, anyone else, and who has
no proxy. A column is a port of a Service. A cell is what the policy lets in there: ALL, - for
nothing, or requests such as GET,HEAD /api*, where ~/a[0-9]+ is an expression and a last ~ means that
only a part of the destinations of a split lets them in. Behind it stands in brackets what a mesh does
otherwise.
Exit codes: 0 printed, 1 --changed-from found changes, 2 usage, 3 input is invalid.";

/// `meshglot matrix`.
#[derive(Debug, Args)]
pub struct MatrixArgs {
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Show Services of this namespace alone; may be repeated
    #[arg(long, value_name = "NAMESPACE")]
    pub to: Vec<String>,
    /// Say where this mesh does otherwise than the policy, or each of `all`
    #[arg(long, value_name = "NAME", value_parser = backend_name())]
    pub backend: Option<String>,
    /// Show only what is otherwise than by this policy: git:REF (the same paths in that commit), a folder or file with all
    /// that -f has (may be repeated), or `none`
    #[arg(long, value_name = "git:REF|PATH|none")]
    pub changed_from: Vec<String>,
    /// Most requests that are tried for one port of one Service
    #[arg(long, default_value_t = crate::verify::LIMIT, value_name = "NUMBER")]
    pub limit: usize,
    /// table, wide, csv, json or md
    #[arg(short, long, default_value = "table", value_parser = ["table", "wide", "csv", "json", "md"], value_name = "FORMAT")]
    pub output: String,
}
