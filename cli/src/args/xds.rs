//! The control plane of the built-in mesh, beside a controller.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// Where proxies of the built-in mesh are served, and who signs for them.
#[derive(Clone, Debug, Default, Args)]
pub struct XdsArgs {
    /// Where proxies of the built-in mesh find their control plane, which knows pods by their tokens; absent: it is not served
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub xds_address: Option<SocketAddr>,
    /// Folder with an intermediate CA to sign with (tls.crt, tls.key, ca.crt), such as a Secret; absent: an own root
    #[arg(long, value_name = "DIR", requires = "xds_address")]
    pub xds_ca: Option<PathBuf>,
    /// Folder that keeps the own root; absent: the Secret `meshglot-authority` of the Lease's namespace does, for all replicas, and without a
    /// Lease it ends with the process
    #[arg(long, value_name = "DIR", requires = "xds_address", conflicts_with = "xds_ca")]
    pub xds_folder: Option<PathBuf>,
}
