//! `meshglot inject`.

use std::path::PathBuf;

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot inject -f policies/workloads.yaml | kubectl apply -f -
  meshglot inject -f policies --control-plane 10.96.0.20:15010 --out meshed.yaml

What makes pods gets the sidecar of the built-in mesh: Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job and CronJob.
Everything else comes out as it came in. Pods that share the network of their node, that have a sidecar already, or that say
`meshglot.dev/inject: disabled`, are left alone; standard error says so.
Exit codes: 0 printed, 2 usage, 3 input is invalid.";

/// `meshglot inject`.
#[derive(Debug, Args)]
pub struct InjectArgs {
    /// File or folder of manifests (.yaml .yml .json), `-` for standard input; may be repeated
    #[arg(short = 'f', long = "filename", required = true, value_name = "PATH")]
    pub filenames: Vec<PathBuf>,
    /// Read folders below folders too
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Write here in place of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Image of the sidecar; absent: meshglot, by the version of this program
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Image that redirects connections and holds `nft`; absent: meshglot-capture, by the version of this program
    #[arg(long, value_name = "IMAGE")]
    pub capture_image: Option<String>,
    /// Where pods find the control plane
    #[arg(long, default_value = "meshglot-control-plane.meshglot-system.svc:15010", value_name = "HOST:PORT")]
    pub control_plane: String,
    /// Trust domain of the mesh's identities
    #[arg(long, default_value = "cluster.local", value_name = "NAME")]
    pub trust_domain: String,
    /// PEM file of the control plane's roots; absent: the ConfigMap `meshglot-root` of each namespace has them as `ca.crt`
    #[arg(long, value_name = "FILE")]
    pub roots: Option<PathBuf>,
}
