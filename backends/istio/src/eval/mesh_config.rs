//! What is set outside of the objects: MeshConfig, as far as it decides who answers.

use serde_json::Value;

use super::fields::Fields;
use super::path::Normalization;

/// Settings of the installation.
#[derive(Debug)]
pub(super) struct MeshConfig {
    /// Namespace whose objects hold for the whole mesh.
    pub(super) root: String,
    /// Trust domain of every identity.
    pub(super) trust_domain: String,
    /// Domain of Service names.
    pub(super) domain: String,
    /// What happens to paths.
    pub(super) normalization: Normalization,
    /// `outboundTrafficPolicy: ALLOW_ANY`: hosts that nobody knows go where they were sent.
    pub(super) allow_any: bool,
    /// Whether something is set that is not known here.
    pub(super) odd: bool,
}

impl MeshConfig {
    /// Reads `{default, meshConfig, clusterDomain}`; all may be absent.
    ///
    /// # Source
    /// `istio.io/api/mesh/v1alpha1`, `MeshConfig`; defaults of `pkg/config/mesh`.
    pub(super) fn of(defaults: &Value) -> Self {
        let mut outer = Fields::of(Some(defaults));
        // Istio has no other default than to allow.
        let closed = outer.text("default").is_some_and(|word| word != "allow");
        let domain = outer.text("clusterDomain").unwrap_or("cluster.local").to_owned();
        let mut config = outer.inner("meshConfig");
        let mut normalization = config.inner("pathNormalization");
        let mut outbound = config.inner("outboundTrafficPolicy");
        config.ignore(&[
            "accessLogFile",
            "accessLogEncoding",
            "accessLogFormat",
            "enableTracing",
            "extensionProviders",
            "defaultProviders",
        ]);
        config.ignore(&["enablePrometheusMerge"]);
        let word = normalization.text("normalization").unwrap_or("DEFAULT");
        let known = match word {
            "DEFAULT" | "BASE" => Some(Normalization::Base),
            "NONE" => Some(Normalization::None),
            "MERGE_SLASHES" => Some(Normalization::MergeSlashes),
            "DECODE_AND_MERGE_SLASHES" => Some(Normalization::DecodeAndMergeSlashes),
            _ => None,
        };
        let mode = outbound.text("mode").unwrap_or("ALLOW_ANY");
        let root = config.text("rootNamespace").unwrap_or("istio-system").to_owned();
        let trust_domain = config.text("trustDomain").unwrap_or("cluster.local").to_owned();
        let auto_mtls = config.value("enableAutoMtls").is_none_or(|value| value == true);
        let words = known.is_some() && auto_mtls && matches!(mode, "ALLOW_ANY" | "REGISTRY_ONLY");
        let odd = closed || !words || outer.is_odd() || config.is_odd() || normalization.is_odd() || outbound.is_odd();
        Self { root, trust_domain, domain, normalization: known.unwrap_or(Normalization::Base), allow_any: mode == "ALLOW_ANY", odd }
    }
}
