//! What a proxy is given before it begins: who it will be, where the control plane is and how to tell that it is the one.

use std::fmt;
use std::net::SocketAddr;

use meshglot_ca::SpiffeId;
use serde::{Deserialize, Serialize};

use crate::bootstrap::CONTROL_PLANE;

/// Good for one proxy, once, for as long as its token is. Its `Debug` shows no token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invitation {
    /// `NAMESPACE/NAME` of the workload.
    pub workload: String,
    /// The SPIFFE ID that the proxy will have.
    pub identity: String,
    /// Address and port of the control plane.
    pub control_plane: SocketAddr,
    /// The roots that vouch for the control plane, PEM.
    pub roots: String,
    /// A token that is good once; absent where the proxy has a certificate of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl Invitation {
    /// Reads the JSON document that `meshglot proxy token` prints.
    ///
    /// # Errors
    /// It is none, or its identity is no SPIFFE ID.
    pub fn read(text: &str) -> Result<Self, InvitationError> {
        // What the parser would quote of the text may be the token.
        let invitation: Self =
            serde_json::from_str(text).map_err(|error| InvitationError::Form { line: error.line(), column: error.column() })?;
        invitation.id()?;
        match invitation.workload.split('/').collect::<Vec<_>>()[..] {
            [namespace, name] if !namespace.is_empty() && !name.is_empty() => Ok(invitation),
            _ => Err(InvitationError::Workload { workload: invitation.workload }),
        }
    }

    /// Who the proxy will be.
    ///
    /// # Errors
    /// The identity is no SPIFFE ID.
    pub fn id(&self) -> Result<SpiffeId, InvitationError> {
        self.identity.parse().map_err(|error| InvitationError::Identity { why: format!("{error}") })
    }

    /// Who the control plane has to be.
    ///
    /// # Errors
    /// The identity is no SPIFFE ID.
    pub fn control_plane_id(&self) -> Result<SpiffeId, InvitationError> {
        let id = format!("spiffe://{}/{CONTROL_PLANE}", self.id()?.trust_domain());
        id.parse().map_err(|error| InvitationError::Identity { why: format!("{error}") })
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, identity, control_plane, .. } = self;
        f.debug_struct("Invitation")
            .field("workload", workload)
            .field("identity", identity)
            .field("control_plane", control_plane)
            .finish_non_exhaustive()
    }
}

/// Why a text is no invitation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// No JSON, or other fields.
    #[error("line {line}, column {column}: this is no invitation: copy the whole document that `meshglot proxy token` printed")]
    Form {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Not `NAMESPACE/NAME`.
    #[error("`{workload}` is no NAMESPACE/NAME of a workload")]
    Workload {
        /// What is written.
        workload: String,
    },
    /// No SPIFFE ID.
    #[error("the identity of the invitation: {why}")]
    Identity {
        /// What is wrong with it.
        why: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Invitation {
        Invitation {
            workload: "bank/ledger".to_owned(),
            identity: "spiffe://cluster.local/ns/bank/sa/ledger".to_owned(),
            control_plane: "127.0.0.1:15010".parse().expect("an address"),
            roots: "-----BEGIN".to_owned(),
            token: Some("mgj_secret".to_owned()),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = serde_json::to_string(&good()).expect("a document");
        assert_eq!(Invitation::read(&text), Ok(good()));
        let id = good().control_plane_id().expect("an ID").to_string();
        assert_eq!(id, "spiffe://cluster.local/ns/meshglot-system/sa/control-plane");
    }

    #[test]
    fn no_token_is_shown() {
        assert!(!format!("{:?}", good()).contains("mgj_"));
        let text = serde_json::to_string(&good()).expect("a document").replace("\"token\":", "\"tokens\":");
        let error = Invitation::read(&text).expect_err("another field");
        assert!(!error.to_string().contains("mgj_") && error.to_string().contains("proxy token"), "{error}");
    }

    #[test]
    fn names_are_looked_at() {
        for (workload, identity) in [("ledger", "spiffe://a/ns/b/sa/c"), ("bank/", "spiffe://a/ns/b/sa/c"), ("bank/ledger", "ledger")] {
            let one = Invitation { workload: workload.to_owned(), identity: identity.to_owned(), ..good() };
            assert!(Invitation::read(&serde_json::to_string(&one).expect("a document")).is_err(), "{workload} {identity}");
        }
    }
}
