//! A connection to an endpoint.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::failure::Failure;
use crate::io::{Activity, Rewind, Seconds, Stream};
use crate::table::ClientTls;
use crate::tls::Identity;

/// Makes connections as the proxy is now known.
pub(crate) struct Connector {
    identity: RefCell<Option<Arc<Identity>>>,
    seconds: Arc<Seconds>,
    /// One for each cluster's way, as long as the identity is the same.
    configs: RefCell<Vec<(Arc<ClientTls>, Arc<ClientConfig>)>>,
}

impl Connector {
    pub(crate) fn new(seconds: Arc<Seconds>) -> Self {
        Self { identity: RefCell::new(None), seconds, configs: RefCell::new(Vec::new()) }
    }

    /// Another certificate, or other roots: for connections that are made from now on.
    pub(crate) fn set_identity(&self, identity: Arc<Identity>) {
        *self.identity.borrow_mut() = Some(identity);
        self.configs.borrow_mut().clear();
    }

    /// Who the proxy is now; `None`: it has no certificate yet.
    pub(crate) fn identity(&self) -> Option<Arc<Identity>> {
        self.identity.borrow().clone()
    }

    /// Connects within so long, TLS included.
    pub(crate) async fn connect(
        &self,
        address: SocketAddr,
        tls: Option<&Arc<ClientTls>>,
        within: Duration,
        activity: Option<Arc<Activity>>,
    ) -> Result<Stream, Failure> {
        let activity = activity.unwrap_or_else(|| Activity::new(self.seconds.clone()));
        match tokio::time::timeout(within, self.open(address, tls, activity)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(_)) => Err(Failure::Connect),
            Err(_) => Err(Failure::ConnectTimeout),
        }
    }

    async fn open(&self, address: SocketAddr, tls: Option<&Arc<ClientTls>>, activity: Arc<Activity>) -> io::Result<Stream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = tls else { return Ok(Stream::plain(Rewind::new(Bytes::new(), stream), activity)) };
        let (identity, config) = self.config(tls).ok_or_else(|| io::Error::other("there is no certificate yet"))?;
        // The address in place of a name: it is neither sent nor compared.
        let name = ServerName::from(address.ip());
        let stream = TlsConnector::from(config).connect(name, stream).await?;
        identity.trusts(tls, stream.get_ref().1).map_err(io::Error::other)?;
        Ok(Stream::client(stream, activity))
    }

    fn config(&self, tls: &Arc<ClientTls>) -> Option<(Arc<Identity>, Arc<ClientConfig>)> {
        let identity = self.identity()?;
        let known = self.configs.borrow().iter().find(|(known, _)| Arc::ptr_eq(known, tls)).map(|(_, config)| config.clone());
        if let Some(known) = known {
            return Some((identity, known));
        }
        // A certificate was read when it came, so that it can be used.
        let config = identity.client(tls).ok()?;
        let mut configs = self.configs.borrow_mut();
        // Of those that were replaced nobody else knows any more: this place holds them, and what their configurations verify by.
        configs.retain(|(known, _)| Arc::strong_count(known) > 2);
        configs.push((tls.clone(), config.clone()));
        Some((identity, config))
    }
}
