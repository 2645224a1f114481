//! Who may ask where the API stands behind a kube-apiserver: its front proxy, which has asked before whether its user may.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::path::{Asked, asked};
use crate::status::Problem;

/// Names that a proven certificate may have, as `requestheader-allowed-names` of `extension-apiserver-authentication` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrontProxy {
    /// Common names; none: every certificate of the CA is the front proxy's.
    pub names: Vec<String>,
}

/// Who has come over TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// It has shown no certificate.
    Nobody,
    /// It has proven one of the CA, with this common name.
    Proven(Option<String>),
}

impl FrontProxy {
    fn admits(&self, peer: &Peer) -> bool {
        match peer {
            Peer::Nobody => false,
            Peer::Proven(name) => self.names.is_empty() || name.as_ref().is_some_and(|name| self.names.contains(name)),
        }
    }
}

/// Lets nobody else ask; the kubelet asks how it is, and has no certificate.
pub(crate) async fn check(
    State(allowed): State<Arc<FrontProxy>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let is_health = matches!(asked(request.uri().path()), Some(Asked::Health { .. }));
    if is_health || allowed.admits(&peer) { next.run(request).await } else { Problem::unauthorized().into_response() }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(&[], Peer::Proven(None), true; "any of the CA")]
    #[test_case(&[], Peer::Nobody, false; "nobody")]
    #[test_case(&["front-proxy-client"], Peer::Proven(Some("front-proxy-client".to_owned())), true; "by name")]
    #[test_case(&["front-proxy-client"], Peer::Proven(Some("somebody".to_owned())), false; "by another name")]
    #[test_case(&["front-proxy-client"], Peer::Proven(None), false; "by none")]
    fn admits(names: &[&str], peer: Peer, want: bool) {
        let allowed = FrontProxy { names: names.iter().map(|name| (*name).to_owned()).collect() };
        assert_eq!(allowed.admits(&peer), want);
    }
}
