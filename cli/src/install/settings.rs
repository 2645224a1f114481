//! How a controller was installed: what an upgrade keeps.

use serde::{Deserialize, Serialize};

use super::inject::capture_image;
use crate::args::{InstallArgs, ServesArgs};

/// The annotation of the Deployment that keeps it.
pub(super) const ANNOTATION: &str = "meshglot.dev/installed-with";

/// The settings of `meshglot install`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    /// The one that gets all policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) backend: Option<String>,
    /// Without it, those that Meshes may name; none: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) backends: Vec<String>,
    #[serde(skip)]
    pub(super) namespace: String,
    #[serde(skip)]
    pub(super) image: String,
    #[serde(skip)]
    pub(super) replicas: u64,
    pub(super) crds: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) allow_lossy: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) allow_widening: Vec<String>,
    #[serde(skip)]
    pub(super) webhook: bool,
    /// Whether each shows what it knows to browsers.
    #[serde(skip)]
    pub(super) web: bool,
    /// Whether the webhook puts sidecars into pods.
    #[serde(skip)]
    pub(super) inject: bool,
    #[serde(skip)]
    pub(super) capture_image: String,
    /// Flags of the controller that somebody has added, with their values.
    #[serde(skip)]
    pub(super) more: Vec<String>,
}

impl Settings {
    pub(super) fn of(args: &InstallArgs) -> Self {
        Self {
            image: image(args.image.as_ref()),
            replicas: args.replicas.into(),
            crds: !args.no_crds,
            allow_lossy: args.accepted.allow_lossy.clone(),
            allow_widening: args.accepted.allow_widening.clone(),
            webhook: args.webhook || args.inject,
            web: args.web,
            inject: args.inject,
            capture_image: capture_image(args.capture_image.as_ref()),
            ..Self::plain(&args.serves, &args.namespace)
        }
    }

    /// For these meshes, where nothing else is said.
    pub(super) fn plain(serves: &ServesArgs, namespace: &str) -> Self {
        Self {
            backend: serves.backend.clone(),
            backends: serves.backends.clone(),
            namespace: namespace.to_owned(),
            image: image(None),
            replicas: 1,
            crds: true,
            allow_lossy: Vec::new(),
            allow_widening: Vec::new(),
            webhook: false,
            web: false,
            inject: false,
            capture_image: capture_image(None),
            more: Vec::new(),
        }
    }

    /// The meshes that it serves, as arguments say it.
    pub(super) fn serves(&self) -> ServesArgs {
        ServesArgs { backend: self.backend.clone(), backends: self.backends.clone() }
    }
}

/// Of this version, unless another one is named.
pub(crate) fn image(named: Option<&String>) -> String {
    named.cloned().unwrap_or_else(|| format!("meshglot:{}", env!("CARGO_PKG_VERSION")))
}
