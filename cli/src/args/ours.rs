//! What our own proxy is told beside its resources.

use std::net::SocketAddr;

use clap::Args;
use meshglot_proxy::LogShare;

/// The names of counters that others have.
const METRIC_NAMES: [&str; 2] = ["istio", "linkerd"];

/// What our own proxy is told beside its resources; Envoy is told nothing of it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Of our own proxy")]
pub struct OursArgs {
    /// Of calls that end well, log so many percent; all others are logged anyway; absent: 100
    #[arg(long, value_name = "PERCENT")]
    pub log_share: Option<LogShare>,
    /// Address and port on which Prometheus reads the proxy's counters; port 0: one that is free
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub metrics: Option<SocketAddr>,
    /// Tell counters under the names of this mesh, too; may be repeated
    #[arg(long, value_name = "MESH", value_delimiter = ',', value_parser = METRIC_NAMES)]
    pub metric_names: Vec<String>,
}
