//! `meshglot controller`.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::Accepted;
use super::input::one_backend;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot controller --backend istio
  meshglot controller --backend linkerd --context production
  meshglot controller --backend istio --kubeconfig cluster.yaml --allow-lossy any
  meshglot controller --backend istio --leader-elect=false

It watches the policy and the inventory of the cluster, applies what they render, corrects what others have edited of it, and deletes
what is its own and not wanted any more. Each object of policy says in its status how it stands. Ctrl-C ends it; what is in the
cluster stays.

Several of them may run: the one that holds the Lease `meshglot-controller` in --lease-namespace writes, the others are ready to. With
--leader-elect=false nobody is asked: then run one.
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
    /// Whether controllers agree on the one that writes: several may run then, and one that ends hands over
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    pub leader_elect: bool,
    /// Namespace of the Lease by which they agree; it has to be there
    #[arg(long, value_name = "NAMESPACE", default_value = "meshglot-system")]
    pub lease_namespace: String,
    /// Seconds after which one that says nothing has lost the Lease
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u16).range(3..=600))]
    pub lease_duration: u16,
    /// What it may lose.
    #[command(flatten)]
    pub accepted: Accepted,
}
