//! What is the same for all pods of a mesh.

/// Images, and where the mesh is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Image of the sidecar; its entry point is `meshglot`.
    pub image: String,
    /// Image of the init container, which holds `nft` as well.
    pub capture_image: String,
    /// `HOST:PORT` of the control plane, as pods find it.
    pub control_plane: String,
    /// The trust domain of the mesh's identities.
    pub trust_domain: String,
    /// How to tell that the control plane is the one.
    pub roots: Roots,
}

/// The roots that vouch for the control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The key `ca.crt` of a ConfigMap that has this name in the namespace of every pod. What it says may change.
    ConfigMap(String),
    /// PEM, as it is now: an annotation of the pod holds it.
    Text(String),
}
