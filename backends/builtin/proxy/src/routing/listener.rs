//! Listeners and chains as they are served.

use std::net::SocketAddr;
use std::sync::Arc;

use super::chains::{ChainIndex, Facts};
use crate::access::Access;
use crate::table::{Action, Chain, Filters, HttpManager, Listener, Rbac, ServerTls, TcpProxy};
use crate::tls::Peer;

/// A listener whose chains are found quickly.
#[derive(Debug)]
pub(crate) struct ServedListener {
    pub(crate) listener: Arc<Listener>,
    chains: Vec<Arc<ServedChain>>,
    default: Option<Arc<ServedChain>>,
    index: ChainIndex,
}

/// A chain with its access rules.
#[derive(Debug)]
pub(crate) struct ServedChain {
    pub(crate) digest: [u8; 32],
    pub(crate) tls: Option<Arc<ServerTls>>,
    pub(crate) action: ServedAction,
}

/// What connections are given to.
#[derive(Debug)]
pub(crate) enum ServedAction {
    Http { manager: Arc<HttpManager>, deny: Access, allow: Access },
    Tcp { proxy: Arc<TcpProxy>, access: Vec<Access> },
}

impl ServedListener {
    /// `before`: what it was, whose chains stay what they are where they say the same.
    pub(crate) fn new(listener: Arc<Listener>, before: Option<&Self>) -> Self {
        let known = |chain: &Chain| before.and_then(|before| before.all().find(|known| known.digest == chain.digest).cloned());
        let serve = |chain: &Arc<Chain>| known(chain).unwrap_or_else(|| Arc::new(ServedChain::new(chain)));
        let chains = listener.chains.iter().map(serve).collect();
        let default = listener.default_chain.as_ref().map(serve);
        let index = ChainIndex::new(&listener.chains);
        Self { listener, chains, default, index }
    }

    /// The chain of a connection about which this is known; `None`: it is closed.
    pub(crate) fn choose(&self, facts: &Facts) -> Option<&Arc<ServedChain>> {
        match self.index.find(&self.listener.chains, facts) {
            Some(at) => Some(&self.chains[at]),
            None => self.default.as_ref(),
        }
    }

    /// Whether it matters what a connection to an address begins with.
    pub(crate) fn asks(&self, called: SocketAddr) -> bool {
        self.index.asks(&self.listener.chains, called)
    }

    fn all(&self) -> impl Iterator<Item = &Arc<ServedChain>> {
        self.chains.iter().chain(&self.default)
    }
}

impl ServedChain {
    /// Whether a caller has proven what it asks for.
    pub(crate) fn admits(&self, peer: Option<&Peer>) -> bool {
        match (&self.tls, peer) {
            (None, None) => true,
            (Some(tls), Some(peer)) => tls.peers.is_empty() || tls.peers.iter().any(|known| known.matches(peer.id.as_bytes())),
            _ => false,
        }
    }

    fn new(chain: &Chain) -> Self {
        let action = match &chain.action {
            Action::Http(manager) => {
                let (deny, allow) = match &manager.filters {
                    Filters::Inbound { deny, allow } => (Access::new(deny), Access::new(allow)),
                    Filters::Outbound => (Access::new(&Rbac::default()), Access::new(&Rbac::default())),
                };
                ServedAction::Http { manager: manager.clone(), deny, allow }
            }
            Action::Tcp(proxy) => ServedAction::Tcp { proxy: proxy.clone(), access: proxy.access.iter().map(Access::new).collect() },
        };
        Self { digest: chain.digest, tls: chain.tls.clone(), action }
    }
}
