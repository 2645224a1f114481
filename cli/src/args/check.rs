//! `meshglot check`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::ClusterArgs;
use super::input::one_backend;
use super::look::span;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot check --context production
  meshglot check --pre --backend istio --context production
  meshglot check --wait=2m -o short --context production

It looks at the API server, at what you may do there, at the definitions of policy and of the mesh, at the mesh's control plane, at how
policy and what is rendered from it stand, and at the controller. --pre looks at what has to be there before anything is installed.
--wait waits while only time is missing. Nothing is written.
Exit codes: 0 nothing fails, 1 something does, 2 usage, 3 unreadable file, 4 the cluster does not answer, 5 timed out.";

/// `meshglot check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Only what has to be there before anything is installed
    #[arg(long)]
    pub pre: bool,
    /// Mesh that is looked at; absent: the one that the policy of the cluster is for
    #[arg(long, value_name = "NAME", value_parser = one_backend())]
    pub backend: Option<String>,
    /// Wait, while time is all that is missing, for so long
    #[arg(long, value_name = "DURATION", value_parser = span, num_args = 0..=1, require_equals = true, default_missing_value = "5m")]
    pub wait: Option<Duration>,
    /// What makes it fail: error or warning
    #[arg(long, value_name = "LEVEL", default_value = "error", value_parser = ["error", "warning"])]
    pub fail_on: String,
    /// Namespace of the controller's Lease
    #[arg(long, value_name = "NAMESPACE", default_value = "meshglot-system")]
    pub lease_namespace: String,
    /// What `-o json` printed, in place of a cluster; `-` for standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    pub filename: Option<PathBuf>,
    /// table, short (only what is not well) or json
    #[arg(short, long, default_value = "table", value_parser = ["table", "short", "json"], value_name = "FORMAT")]
    pub output: String,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}
