//! The sample application as a cluster runs it: the demo's own files, in pods.

use crate::install::image;

/// The namespace, as the demo's folder has it.
const NAMESPACE: &str = "kind: Namespace\nmetadata: {name: bookshop}\n";

/// Its pods get a sidecar.
const LABELLED: &str = "kind: Namespace\nmetadata: {name: bookshop, labels: {meshglot.dev/inject: enabled}}\n";

/// The image of the files.
const IMAGE: &str = "meshglot:VERSION";

const FILES: [&str; 7] = [
    include_str!("files/services.yaml"),
    include_str!("files/cluster/mesh.yaml"),
    include_str!("files/kubernetes/deployments.yaml"),
    include_str!("files/policies/details.yaml"),
    include_str!("files/policies/reviews.yaml"),
    include_str!("files/policies/ratings.yaml"),
    include_str!("files/cluster/visitors.yaml"),
];

/// All of it, in an order in which it can be applied: what a rule names is there before it, and the Mesh denies what none lets in yet. `named`: the image of the services.
pub(super) fn manifests(named: Option<&String>) -> String {
    with_image(&FILES.join("---\n"), named).replace(NAMESPACE, LABELLED)
}

/// A file with the image that its pods have; absent: that of this version.
pub(super) fn with_image(text: &str, named: Option<&String>) -> String {
    text.replace(IMAGE, &image(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_is_labelled_and_every_image_is_named() {
        let all = manifests(Some(&"registry.example/meshglot:9".to_owned()));
        assert_eq!((all.matches(LABELLED).count(), all.matches("kind: Namespace").count()), (1, 1));
        assert_eq!(all.matches("image: ").count(), all.matches("image: registry.example/meshglot:9\n").count());
        assert!(!all.contains("VERSION"));
    }
}
