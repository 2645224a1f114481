//! `meshglot controller`.

use std::path::PathBuf;

use clap::Args;

use super::Accepted;
use super::input::one_backend;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot controller --backend istio
  meshglot controller --backend linkerd --context production
  meshglot controller --backend istio --kubeconfig cluster.yaml --allow-lossy any

It watches the policy and the inventory of the cluster, applies what they render, corrects what others have edited of it, and deletes
what is its own and not wanted any more. Each object of policy says in its status how it stands. Ctrl-C ends it; what is in the
cluster stays.
Exit codes: 0 stopped, 2 usage, 3 the kubeconfig cannot be used, 4 there is no cluster, or it does not answer at the start.";

/// `meshglot controller`.
#[derive(Debug, Args)]
pub struct ControllerArgs {
    /// Mesh of the cluster, which gets all policy
    #[arg(long, value_name = "NAME", value_parser = one_backend())]
    pub backend: String,
    /// How to reach the cluster; absent: as kubectl does, or the cluster around this pod
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; absent: the current one
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// What it may lose.
    #[command(flatten)]
    pub accepted: Accepted,
}
