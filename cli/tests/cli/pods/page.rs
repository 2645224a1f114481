//! `docs/in-cluster.md` is true.

use super::site::Site;
use crate::shell::Shell;

#[test]
fn a_cluster_gets_a_controller_and_loses_it_again_as_the_page_says() {
    let Some(site) = Site::with_istio() else { return };
    Shell::new(site.folder.path(), &site.kubeconfig, &site.kubectl).holds("docs/in-cluster.md");
}
