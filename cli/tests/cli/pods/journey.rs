//! `docs/operate.md` is true.

use meshglot_apiserver::crds;

use super::site::Site;
use crate::shell::Shell;

#[test]
fn a_cluster_gets_a_mesh_a_canary_and_another_mesh_as_the_page_says() {
    let Some(definitions) = crds().map(|folder| folder.join("istio")) else { return };
    let Some(site) = Site::bare() else { return };
    site.images(env!("CARGO_PKG_VERSION"));
    site.kubectl(&["apply", "--server-side", "-f", &definitions.display().to_string()]);
    Shell::new(site.folder.path(), &site.kubeconfig, &site.kubectl).holds("docs/operate.md");
}
