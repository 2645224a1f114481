//! A connection to the control plane that has proven who it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use meshglot_ca::{Certificate, CertificateError, SpiffeId};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint, Identity};

use crate::causes::causes;
use crate::clock::Clock;
use crate::held::Held;
use crate::verifier::PeerVerifier;

/// TCP and TLS together; what takes longer is given up.
const CONNECT: Duration = Duration::from_secs(10);

/// How often an idle connection is asked whether it lives, and how long it may take to answer.
const PING: Duration = Duration::from_secs(20);
const PONG: Duration = Duration::from_secs(10);

/// What a client proves who it is with. Without `Debug`: there is a key in it.
#[derive(Clone, Copy)]
pub struct Own<'a> {
    /// Its certificate and then its intermediates, PEM.
    pub chain_pem: &'a str,
    /// Its private key, PEM of a PKCS #8 key.
    pub key_pem: &'a str,
}

impl<'a> From<&'a Held> for Own<'a> {
    fn from(held: &'a Held) -> Self {
        Self { chain_pem: &held.chain_pem, key_pem: &held.key_pem }
    }
}

/// Connects to the control plane at `address`, over TLS 1.3. It must have a certificate that leads to a root of `bundle_pem`, lives by
/// `clock`, and names `control_plane` (`spiffe://TRUSTDOMAIN/ns/meshglot-system/sa/control-plane`). Without `own` the client is nobody.
///
/// The channel is connected when this returns. Use it for one connection, and make a new one after an error: it would connect again by the
/// roots and the certificate of before, and might take up the session of before without looking at certificates.
///
/// # Errors
/// Where the bundle cannot be read, and where nobody answers within 10 s who is the control plane. Whether the control plane accepts `own`
/// shows with the first call only, since TLS 1.3 tells no earlier.
pub async fn connect(
    address: SocketAddr,
    bundle_pem: &str,
    control_plane: &SpiffeId,
    own: Option<Own<'_>>,
    clock: Arc<dyn Clock>,
) -> Result<Channel, ConnectError> {
    let bundle = Certificate::from_pem(bundle_pem).map_err(ConnectError::Bundle)?;
    let verifier = Arc::new(PeerVerifier::new(bundle, control_plane.clone(), clock));
    // The address in place of a name: it is neither sent nor compared.
    let mut tls = ClientTlsConfig::new().domain_name(address.ip().to_string());
    if let Some(Own { chain_pem, key_pem }) = own {
        tls = tls.identity(Identity::from_pem(chain_pem, key_pem));
    }
    let failed = |error: tonic::transport::Error| ConnectError::Failed { address, why: causes(&error) };
    let endpoint = Endpoint::from_shared(format!("https://{address}")).map_err(failed)?;
    let endpoint = endpoint.http2_keep_alive_interval(PING).keep_alive_timeout(PONG).keep_alive_while_idle(true);
    let endpoint = endpoint.tls_config_with_verifier(tls, verifier).map_err(failed)?;
    match tokio::time::timeout(CONNECT, endpoint.connect()).await {
        Ok(connected) => connected.map_err(failed),
        Err(_) => Err(ConnectError::Slow { address }),
    }
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The roots cannot be read.
    #[error("the bundle of roots cannot be used, copy it whole: {0}")]
    Bundle(#[source] CertificateError),
    /// Nobody there, somebody else, or an own certificate that is none.
    #[error("there is no connection to the control plane at {address}: {why}")]
    Failed {
        /// Where it was looked for.
        address: SocketAddr,
        /// What happened.
        why: String,
    },
    /// Nothing comes back.
    #[error("the control plane at {address} does not answer within 10 s: check the address and what lies between")]
    Slow {
        /// Where it was looked for.
        address: SocketAddr,
    },
}
