//! `docs/kubernetes.md` is true.

use meshglot_apiserver::{crds, installed, peer};

use super::site::Site;
use crate::shell::Shell;

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_cluster_comes_to_enforced_policy_as_the_page_says() {
    let Some(kubectl) = peer("kubectl").filter(|_| installed() && crds().is_some()) else { return };
    let site = Site::bare(&["istio"]).await;
    Shell::new(site.folder.path(), &site.kubeconfig, &kubectl).holds("docs/kubernetes.md");
}
