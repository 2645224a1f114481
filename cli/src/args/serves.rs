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

impl ServesArgs {
    /// Whether a Mesh may name this backend.
    pub(crate) fn is_by_mesh_of(&self, name: &str) -> bool {
        self.backend.is_none() && (self.backends.is_empty() || self.backends.iter().any(|one| one == name))
    }

    /// The backends that are named.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.backend.iter().chain(&self.backends).map(String::as_str)
    }

    /// As it was written.
    pub(crate) fn words(&self) -> String {
        match &self.backend {
            Some(backend) => format!("--backend {backend}"),
            None => format!("--backends {}", self.backends.join(",")),
        }
    }
}
