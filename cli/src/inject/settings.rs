//! What is the same for all pods that get a sidecar, as flags say it.

use std::path::Path;

use meshglot_inject::{Roots, Settings};

use crate::exit::{Exit, Failure};

/// Where the roots are that no flag names.
const ROOTS: &str = "meshglot-root";

/// Flags by which sidecars are described, whichever command has them.
pub(crate) struct Sidecars<'a> {
    pub(crate) image: Option<&'a String>,
    pub(crate) capture_image: Option<&'a String>,
    pub(crate) control_plane: &'a str,
    pub(crate) trust_domain: &'a str,
    pub(crate) roots: Option<&'a Path>,
    /// In front of the name of each flag, behind its hyphens.
    pub(crate) prefix: &'static str,
}

impl Sidecars<'_> {
    /// # Errors
    /// There is no such control plane, or no certificate in the file of roots.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        let Self { control_plane, prefix, .. } = self;
        if control_plane.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err()) {
            return Err(Failure::new(Exit::Usage, format!("--{prefix}control-plane: `{control_plane}` is no HOST:PORT")));
        }
        Ok(Settings {
            image: self.image.cloned().unwrap_or_else(|| ours("meshglot")),
            capture_image: self.capture_image.cloned().unwrap_or_else(|| ours("meshglot-capture")),
            control_plane: (*control_plane).to_owned(),
            trust_domain: self.trust_domain.to_owned(),
            roots: match self.roots {
                Some(path) => Roots::Text(certificates(path)?),
                None => Roots::ConfigMap(ROOTS.to_owned()),
            },
        })
    }
}

/// An image of this version.
pub(crate) fn ours(name: &str) -> String {
    format!("{name}:{}", env!("CARGO_PKG_VERSION"))
}

/// The text of a PEM file. A key in it would go into every pod.
fn certificates(path: &Path) -> Result<String, Failure> {
    let wrong = |why: &str| Failure::new(Exit::Invalid, format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
    if text.contains("PRIVATE KEY") {
        return Err(wrong("it holds a private key, which is nobody else's"));
    }
    if text.contains("-----BEGIN CERTIFICATE-----") { Ok(text) } else { Err(wrong("it holds no certificate in PEM")) }
}
