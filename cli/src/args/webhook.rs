//! The webhook of a controller: where it is, and by which certificate.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// Where the help has them.
const HEADING: &str = "Of the webhook";

/// The webhook of a controller.
#[derive(Clone, Debug, Args)]
pub struct WebhookArgs {
    /// Where to answer the API server by HTTPS, before it keeps an object of policy, whether that is wrong; absent: nowhere
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = HEADING)]
    pub webhook_address: Option<SocketAddr>,
    /// Folder with its `tls.crt` and `tls.key`, as of a Secret; it is followed. Absent: controllers make and renew a certificate
    /// themselves, in the Secret `meshglot-webhook` of --lease-namespace
    #[arg(long, value_name = "DIR", requires = "webhook_address", help_heading = HEADING)]
    pub webhook_certificate: Option<PathBuf>,
}
