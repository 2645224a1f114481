//! Sidecars of the built-in mesh, as the webhook of a controller puts them into pods.

use std::path::PathBuf;

use clap::Args;

/// Where the help has them.
const HEADING: &str = "Of the sidecars that the webhook puts into pods";

/// What sidecars are like, and whether there are any.
#[derive(Clone, Debug, Args)]
pub struct InjectorArgs {
    /// Where pods find the control plane: the webhook puts the sidecar into pods about which it is asked; absent: into none
    #[arg(long, value_name = "HOST:PORT", requires = "webhook_address", help_heading = HEADING)]
    pub inject_control_plane: Option<String>,
    /// Image of the sidecar; absent: meshglot, by the version of this program
    #[arg(long, value_name = "IMAGE", requires = "inject_control_plane", help_heading = HEADING)]
    pub inject_image: Option<String>,
    /// Image that redirects connections and holds `nft`; absent: meshglot-capture, by the version of this program
    #[arg(long, value_name = "IMAGE", requires = "inject_control_plane", help_heading = HEADING)]
    pub inject_capture_image: Option<String>,
    /// Trust domain of the mesh's identities; absent: that of the Mesh at the start
    #[arg(long, value_name = "NAME", requires = "inject_control_plane", help_heading = HEADING)]
    pub inject_trust_domain: Option<String>,
    /// PEM file of the control plane's roots; absent: the ConfigMap `meshglot-root` of each namespace has them as `ca.crt`
    #[arg(long, value_name = "FILE", requires = "inject_control_plane", help_heading = HEADING)]
    pub inject_roots: Option<PathBuf>,
}
