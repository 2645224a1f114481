//! `meshglot run`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::proxy::PROXIES;
use super::{Accepted, OursArgs, SmiMetricsArgs};

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot run --config-dir mesh/
  meshglot run --config-dir mesh/ --proxy
  meshglot run --config-dir mesh/ --proxy --log-share 1 --metrics 127.0.0.1:8080
  meshglot run --config-dir mesh/ --proxy --exec 'ledger=./ledger --port 40001' --exec 'teller=./teller'
  meshglot run --config-dir mesh/ --proxy envoy
  meshglot run --config-dir mesh/ --listen 10.0.0.5:15010 --web 127.0.0.1:8080
  meshglot run --config-dir mesh/ --proxy --smi-metrics 127.0.0.1:8001

The folder holds policy, Services and Workloads. An edit counts as a whole or not at all: while a file is wrong, what
was in force stays in force. SIGHUP reads again. Ctrl-C ends it; proxies go on with what they have.
Exit codes: 0 stopped, 2 usage, 3 the folder cannot be read or, with --strict, is wrong, 6 an address is taken.";

/// `meshglot run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Folder of policy, Services and Workloads, with the folders below it; it is followed
    #[arg(long, value_name = "DIR")]
    pub config_dir: PathBuf,
    /// Address and port on which proxies find the control plane; port 0: one that is free
    #[arg(long, default_value = "127.0.0.1:15010", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// Address and port that proxies are told, where they come another way
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub advertise: Option<SocketAddr>,
    /// Folder for keys, sockets and logs; absent: `.meshglot` in the folder of the policy
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Folder with `tls.crt`, `tls.key` and `ca.crt` of an intermediate CA to sign with; absent: an own root
    #[arg(long, value_name = "DIR")]
    pub ca: Option<PathBuf>,
    /// Also take tokens that the cluster of the kubeconfig, or around this pod, has projected for the audience `meshglot`
    #[arg(long)]
    pub kubernetes_tokens: bool,
    /// Start a proxy for each Workload of this machine: our own unless an Envoy is named
    #[arg(long, value_parser = PROXIES, num_args = 0..=1, default_missing_value = PROXIES[0], value_name = "PROXY")]
    pub proxy: Option<String>,
    /// Also run this program, start it again when it ends, and end it with the mesh; may be repeated
    #[arg(long, value_name = "NAME=PROGRAM WORDS")]
    pub exec: Vec<String>,
    /// Envoy's program
    #[arg(long, env = "MESHGLOT_ENVOY", hide_env_values = true, default_value = "envoy", value_name = "PATH")]
    pub envoy: PathBuf,
    /// Show the policy in a browser, on this address and port; port 0: one that is free
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub web: Option<SocketAddr>,
    /// Namespace of objects that name none
    #[arg(short, long, default_value = "default", value_name = "NAME")]
    pub namespace: String,
    /// Take unknown fields as warnings
    #[arg(long)]
    pub lenient: bool,
    /// End at once where the folder is wrong at the start
    #[arg(long)]
    pub strict: bool,
    /// What it may lose.
    #[command(flatten)]
    pub accepted: Accepted,
    /// The metrics API of SMI.
    #[command(flatten)]
    pub smi_metrics: SmiMetricsArgs,
    /// What our own proxy is told.
    #[command(flatten)]
    pub ours: OursArgs,
}
