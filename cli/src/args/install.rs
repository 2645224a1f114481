//! `meshglot install`, `meshglot upgrade` and `meshglot uninstall`.

use clap::Args;

use super::serves::ServesArgs;
use super::{Accepted, ClusterArgs};

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot install --backend istio | kubectl apply --server-side -f -
  meshglot install --backend linkerd --namespace mesh --image registry.example/meshglot:0.1.0 --replicas 3
  meshglot install --backends istio,linkerd
  meshglot install --backend consul --no-crds -o json
  meshglot install --backend istio --webhook | kubectl apply --server-side -f -
  meshglot install --backend builtin --inject | kubectl apply --server-side -f -

It prints what a cluster needs for a controller: the definitions of policy, a namespace, an account, roles that allow what it does for
these backends and nothing else, and the controller. With --webhook the API server asks controllers about policy before it keeps it, and
they make and renew a certificate for that. With --inject the webhook puts sidecars into new pods besides. Nothing is written, and no
cluster is asked. `meshglot check --pre` tells whether all of it may be installed, and `meshglot check` whether it works.
Exit codes: 0 printed, 2 usage.";

pub(super) const UPGRADE_EXAMPLES: &str = "\
Examples:
  meshglot upgrade --context production | kubectl apply --server-side -f -
  meshglot upgrade --context production --image registry.example/meshglot:0.1.0 -o json

It prints what `meshglot install` of this version prints, with the settings of the controller that the cluster has, and as many
replicas. A controller of a newer version is not replaced.
Exit codes: 0 printed, 2 usage, 4 the cluster does not answer or has no controller, 6 the cluster has a newer version.";

pub(super) const UNINSTALL_EXAMPLES: &str = "\
Examples:
  meshglot uninstall --backend istio | kubectl delete --ignore-not-found -f -
  meshglot uninstall --backend linkerd --namespace mesh -o json
  meshglot uninstall --backend istio --webhook | kubectl delete --ignore-not-found -f -
  meshglot uninstall --backend builtin --inject | kubectl delete --ignore-not-found -f -

It prints the controller and its roles, to be deleted. What is rendered stays in force, and policy and its definitions stay: standard
error says how each of them is deleted, and what that opens.
Exit codes: 0 printed, 2 usage.";

/// `meshglot install`.
#[derive(Debug, Args)]
pub struct InstallArgs {
    /// Which meshes.
    #[command(flatten)]
    pub serves: ServesArgs,
    /// Namespace of the controller; it is made
    #[arg(short, long, value_name = "NAME", default_value = "meshglot-system")]
    pub namespace: String,
    /// Image of the controller; absent: meshglot, by the version of this program
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Controllers, of which one writes and the others are ready to
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=9))]
    pub replicas: u8,
    /// Leave out the definitions of policy, where others install them
    #[arg(long)]
    pub no_crds: bool,
    /// Let the API server ask controllers about policy before it keeps it, by a certificate that they make themselves
    #[arg(long)]
    pub webhook: bool,
    /// Let every controller show the policy, and calls of the built-in mesh, in a browser: on port 9080 of the pod's own loopback, which
    /// whoever may forward ports of the pod opens by `kubectl port-forward deployment/meshglot-controller 9080`
    #[arg(long)]
    pub web: bool,
    /// Let pods of namespaces with the label `meshglot.dev/inject: enabled` get the sidecar of the backend builtin; by the webhook, which
    /// this implies
    #[arg(long)]
    pub inject: bool,
    /// Image that redirects the connections of pods; absent: meshglot-capture, by the version of this program
    #[arg(long, value_name = "IMAGE", requires = "inject")]
    pub capture_image: Option<String>,
    /// What it may lose.
    #[command(flatten)]
    pub accepted: Accepted,
    /// yaml or json
    #[arg(short, long, default_value = "yaml", value_parser = ["yaml", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot upgrade`.
#[derive(Debug, Args)]
pub struct UpgradeArgs {
    /// Namespace of the controller
    #[arg(short, long, value_name = "NAME", default_value = "meshglot-system")]
    pub namespace: String,
    /// Image of the controller; absent: meshglot, by the version of this program
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Image that redirects the connections of pods; absent: meshglot-capture, by the version of this program
    #[arg(long, value_name = "IMAGE")]
    pub capture_image: Option<String>,
    /// yaml or json
    #[arg(short, long, default_value = "yaml", value_parser = ["yaml", "json"], value_name = "FORMAT")]
    pub output: String,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// `meshglot uninstall`.
#[derive(Debug, Args)]
pub struct UninstallArgs {
    /// Which meshes.
    #[command(flatten)]
    pub serves: ServesArgs,
    /// Namespace of the controller; it stays
    #[arg(short, long, value_name = "NAME", default_value = "meshglot-system")]
    pub namespace: String,
    /// With its webhook, which goes first, and the Secret of that
    #[arg(long)]
    pub webhook: bool,
    /// With the webhook and what makes it put sidecars into pods, which goes first
    #[arg(long)]
    pub inject: bool,
    /// yaml or json
    #[arg(short, long, default_value = "yaml", value_parser = ["yaml", "json"], value_name = "FORMAT")]
    pub output: String,
}
