//! `docs/operate.md` is true.

use std::path::Path;

use meshglot_apiserver::crds;

use super::site::Site;
use crate::shell::Shell;
use crate::static_program::static_program;

#[test]
fn a_cluster_gets_a_mesh_a_canary_and_another_mesh_as_the_page_says() {
    let Some(definitions) = crds().map(|folder| folder.join("istio")) else { return };
    let Some(site) = Site::bare() else { return };
    let ours = static_program();
    let nft = ["/usr/sbin/nft", "/usr/bin/nft"].map(Path::new).into_iter().find(|path| path.exists()).expect("nft: hack/cluster needs it");
    let image = |name: &str| format!("docker.io/library/{name}:{}", env!("CARGO_PKG_VERSION"));
    site.node.image_with(&image("meshglot"), ours, &[]).expect("an image");
    site.node.image_with(&image("meshglot-capture"), ours, &[nft]).expect("an image");
    site.kubectl(&["apply", "--server-side", "-f", &definitions.display().to_string()]);
    Shell::new(site.folder.path(), &site.kubeconfig, &site.kubectl).holds("docs/operate.md");
}
