//! What a connection shows of who is at its other end.

use meshglot_ca::Certificate;
use tonic::Extensions;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};

use crate::refusal::Refusal;

/// The certificates that the client of a connection has shown, leaf first. `None`: it has shown none, or there is no TLS.
///
/// TLS has checked that it has the key of the leaf. Nothing else here is vouched for: the connection may be older than a rotation.
pub(crate) fn chain(peer: &Extensions) -> Result<Option<Vec<Certificate>>, Refusal> {
    let shown = peer.get::<TlsConnectInfo<TcpConnectInfo>>().and_then(TlsConnectInfo::peer_certs).filter(|shown| !shown.is_empty());
    let Some(shown) = shown else { return Ok(None) };
    let chain: Result<_, _> = shown.iter().map(|der| Certificate::from_der(der.to_vec())).collect();
    chain.map(Some).map_err(Refusal::Unreadable)
}
