//! Who is asked where no file is: a standalone mesh, or a cluster. One rule for every command.

use std::path::{Path, PathBuf};

use super::Cluster;
use crate::args::{ClusterArgs, Input, Plane, PlaneOrFile};
use crate::exit::{Exit, Failure};
use crate::proxy::{Admin, plane};

/// Who is asked.
pub(crate) enum Asked {
    /// The mesh of a `meshglot run`.
    Plane(Admin),
    /// A cluster.
    Cluster(Box<Cluster>),
}

/// What was named of a standalone mesh.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    config_dir: Option<&'a Path>,
    admin: Option<&'a Path>,
    filename: Option<&'a Path>,
}

impl<'a> From<&'a PlaneOrFile> for Named<'a> {
    fn from(from: &'a PlaneOrFile) -> Self {
        Self { config_dir: from.config_dir.as_deref(), admin: from.admin.as_deref(), filename: from.filename.as_deref() }
    }
}

impl<'a> From<&'a Plane> for Named<'a> {
    fn from(plane: &'a Plane) -> Self {
        Self { config_dir: plane.config_dir.as_deref(), admin: plane.admin.as_deref(), filename: None }
    }
}

impl<'a> From<&'a Input> for Named<'a> {
    fn from(input: &'a Input) -> Self {
        Self { config_dir: None, admin: None, filename: input.filenames.first().map(PathBuf::as_path) }
    }
}

/// A flag decides; then `MESHGLOT_CONFIG_DIR`; then there is the cluster of kubectl. Nobody looks whether a mesh runs: the same words ask
/// the same one. `None`: a file has the answer.
pub(crate) fn asked<'a>(named: impl Into<Named<'a>>, cluster: &ClusterArgs) -> Result<Option<Asked>, Failure> {
    let Named { config_dir, admin, filename } = named.into();
    let flag = [("--config-dir", config_dir), ("--admin", admin), ("-f", filename)].into_iter().find(|(_, path)| path.is_some());
    if let Some((flag, _)) = flag
        && cluster.is_named()
    {
        let one = if cluster.kubeconfig.is_some() { "--kubeconfig" } else { "--context" };
        return Err(Failure::new(Exit::Usage, format!("{flag} and {one}: which of them is asked?")));
    }
    if filename.is_some() {
        return Ok(None);
    }
    if !cluster.is_named()
        && let Some(admin) = plane(config_dir, admin)
    {
        return Ok(Some(Asked::Plane(admin)));
    }
    let found = Cluster::of(cluster).map_err(|failure| if cluster.is_named() { failure } else { nowhere(failure) })?;
    Ok(Some(Asked::Cluster(Box::new(found))))
}

/// Says what was looked for where nothing was named.
fn nowhere(failure: Failure) -> Failure {
    let looked = "looked for --config-dir, --admin and MESHGLOT_CONFIG_DIR, then for a cluster by KUBECONFIG, ~/.kube/config and around \
                  this pod";
    failure.help(looked)
}
