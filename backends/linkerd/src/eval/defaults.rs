//! What is set outside of the objects: the installation's default access, and its list of opaque ports.

use serde_json::Value;

use super::access::{DefaultAccess, Names};
use super::annotation::Ports;
use super::object::text;

/// An installation.
#[derive(Debug)]
pub(super) struct Defaults {
    /// `proxy.defaultInboundPolicy`.
    pub access: DefaultAccess,
    /// `proxy.opaquePorts`.
    pub opaque: Ports,
    /// `linkerdNamespace` and `identityTrustDomain`.
    pub names: Names,
}

impl Defaults {
    /// `defaultInboundPolicy`, else `default: allow` or `deny`; nothing at all is Linkerd as it is installed.
    /// `opaquePorts` is a list with commas. `None` if a word is not known.
    pub(super) fn read(defaults: &Value) -> Option<Self> {
        let access = match (text(defaults, "defaultInboundPolicy"), text(defaults, "default")) {
            (Some(word), _) => DefaultAccess::read(word)?,
            (None, Some("deny")) => DefaultAccess::Deny,
            (None, Some("allow") | None) => DefaultAccess::Open { authenticated: false },
            (None, Some(_)) => return None,
        };
        let opaque = Ports::read(text(defaults, "opaquePorts").unwrap_or("25,587,3306,4444,5432,6379,9300,11211"));
        let names = Names::of(
            text(defaults, "linkerdNamespace").unwrap_or("linkerd"),
            text(defaults, "identityTrustDomain").unwrap_or("cluster.local"),
        );
        Some(Self { access, opaque, names })
    }
}
