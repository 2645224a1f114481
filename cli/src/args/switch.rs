//! `meshglot switch`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::input::one_backend;
use super::look::span;
use super::{Accepted, ClusterArgs};

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot switch --to linkerd -f mesh.yaml -f policies/
  meshglot switch --to linkerd --dry-run --context production
  meshglot switch --to linkerd --scope shop --wait -y --context production
  meshglot switch --to istio --mesh main --dry-run=server -o json --context production

It shows what the other backend gets, what stays until the cut-over, what is lost on the one and not on the other, who may call what
and could not before, and which workloads have to be restarted; then it edits the Meshes. The controller does the rest in stages: both
backends get the policy until the new one has all of it in force and no pod is in the old mesh, then what the old one has goes. Turning
back is the same command with the other name. It may be interrupted and given again at any point.
Exit codes: 0 done, or nothing to do, 1 there is a plan (-f, --dry-run), it was not agreed to, or something has to be done first, 2 usage,
or -y is missing where nobody can be asked, 3 policy cannot be read, or would be withheld, 4 forbidden, not there, or nobody answers,
5 timed out, 6 a Mesh was edited meanwhile.";

/// `meshglot switch`.
#[derive(Debug, Args)]
pub struct SwitchArgs {
    /// Backend that gets the policy
    #[arg(long, value_name = "NAME", value_parser = one_backend())]
    pub to: String,
    /// The Mesh that goes there; absent: all
    #[arg(long, value_name = "NAME", conflicts_with = "scope")]
    pub mesh: Option<String>,
    /// Policy in files or folders, `-` for standard input, in place of a cluster: the plan is shown, as far as they tell
    #[arg(short = 'f', long = "filename", value_name = "PATH", conflicts_with_all = ["wait", "dry_run", "yes"])]
    pub filenames: Vec<PathBuf>,
    /// Read folders below folders too
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Only these namespaces, which get a Mesh of their own
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    pub scope: Vec<String>,
    /// Only show the plan: client reads, server also lets the API server try every write
    #[arg(long, value_name = "WHERE", value_parser = ["client", "server"], num_args = 0..=1, require_equals = true,
        default_missing_value = "client")]
    pub dry_run: Option<String>,
    /// Follow it until it has arrived
    #[arg(long)]
    pub wait: bool,
    /// How long
    #[arg(long, value_name = "DURATION", value_parser = span, default_value = "10m")]
    pub timeout: Duration,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Namespace of the controller's Lease
    #[arg(long, value_name = "NAMESPACE", default_value = "meshglot-system")]
    pub lease_namespace: String,
    /// table or json
    #[arg(short, long, default_value = "table", value_parser = ["table", "json"], value_name = "FORMAT")]
    pub output: String,
    /// What the meshes may lose.
    #[command(flatten)]
    pub accepted: Accepted,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}
