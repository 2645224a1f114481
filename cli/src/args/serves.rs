//! Which meshes a controller serves.

use clap::Args;

use super::input::one_backend;

/// One that gets all policy, or those that Meshes name.
#[derive(Clone, Debug, Default, Args)]
#[group(multiple = false)]
pub struct ServesArgs {
    /// Mesh of the cluster, which gets all policy; absent: each namespace's goes to the backend that its Mesh names
    #[arg(long, value_name = "NAME", value_parser = one_backend())]
    pub backend: Option<String>,
    /// Backends that Meshes may name; absent: all that keep objects in a cluster
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = one_backend())]
    pub backends: Vec<String>,
}
