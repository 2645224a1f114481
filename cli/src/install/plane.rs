//! The control plane of the built-in mesh, which every controller of that backend is.

use meshglot_control::BACKEND;
use serde_json::{Value, json};

use super::settings::Settings;
use super::{NAME, metadata};

/// The Service that sidecars find it by.
const SERVICE: &str = "meshglot-control-plane";

/// Where it answers them.
pub(super) const PORT: u16 = 15010;

impl Settings {
    /// Whether controllers serve sidecars.
    pub(super) fn has_plane(&self) -> bool {
        let is_named = self.backend.iter().chain(&self.backends).any(|name| name == BACKEND);
        is_named || self.inject && self.backend.is_none() && self.backends.is_empty()
    }
}

/// Where pods find it.
pub(super) fn address(settings: &Settings) -> String {
    format!("{SERVICE}.{}.svc:{PORT}", settings.namespace)
}

/// What a controller is told.
pub(super) fn words() -> [String; 2] {
    ["--xds-address".to_owned(), format!("0.0.0.0:{PORT}")]
}

/// The way to those that have something to serve.
pub(super) fn service(settings: &Settings) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": metadata(SERVICE, &settings.namespace),
        "spec": {"selector": {"app.kubernetes.io/name": NAME}, "ports": [{"name": "xds", "port": PORT, "targetPort": "xds"}]},
    })
}

#[cfg(test)]
mod tests {
    use meshglot_control::{AUTHORITY, ROOTS};

    #[test]
    fn its_rights_are_about_what_it_keeps() {
        assert_eq!([AUTHORITY, ROOTS], [meshglot_controller::AUTHORITY, meshglot_controller::ROOTS]);
    }
}
