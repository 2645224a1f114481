//! The metrics API of SMI, which `meshglot run` can serve.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// Where it is served, and to whom.
#[derive(Debug, Default, Args)]
pub struct SmiMetricsArgs {
    /// Serve the metrics API of SMI (metrics.smi-spec.io): on this machine by HTTP, or by TLS to a kube-apiserver; port 0: one that is free
    #[arg(long = "smi-metrics", id = "smi_metrics", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Certificate of that API, with those that it leads to (PEM); it is read again when it changes
    #[arg(long = "smi-metrics-tls-cert", value_name = "FILE", requires_all = ["smi_metrics", "key", "client_ca"])]
    pub certificate: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long = "smi-metrics-tls-key", value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// CA of whoever may ask: requestheader-client-ca-file of the cluster's extension-apiserver-authentication (PEM)
    #[arg(long = "smi-metrics-client-ca", value_name = "FILE", requires = "certificate")]
    pub client_ca: Option<PathBuf>,
    /// Common name of whoever may ask, as requestheader-allowed-names has it; may be repeated; absent: any of that CA
    #[arg(long = "smi-metrics-client-name", value_name = "NAME", requires = "client_ca")]
    pub client_names: Vec<String>,
}
