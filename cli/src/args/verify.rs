//! `meshglot verify`.

use std::path::PathBuf;

use clap::Args;

use super::{Choice, Input};

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot verify -f policies/ --backend all
  kubectl get authorizationpolicies -A -o yaml | meshglot verify -f policies/ --backend istio --against -

Each backend is proved, refuted by a request, undecided where there are too many sorts of requests,
or withheld because nothing is written for it. docs/proof.md says which requests there are.
Exit codes: 0 all proved, 1 not, 2 usage, 3 input is invalid.";

/// `meshglot verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Backend.
    #[command(flatten)]
    pub choice: Choice,
    /// Objects of the mesh, in place of what would be rendered: a file, or `-` for standard input
    #[arg(long, value_name = "PATH")]
    pub against: Option<PathBuf>,
    /// Most requests that are tried for one port of one Service
    #[arg(long, default_value_t = crate::verify::LIMIT, value_name = "NUMBER")]
    pub limit: usize,
    /// text or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
}
