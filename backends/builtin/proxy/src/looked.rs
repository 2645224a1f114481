//! Where the control plane looks at this proxy from afar: over mutual TLS, and nobody else does.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use meshglot_ca::SpiffeId;
use meshglot_join::{Clock, Held};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::table::{ServerTls, Sessions, TextMatch};
use crate::tls::Identity;

/// Who takes longer to prove who it is, is sent away.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// So many may be proving it at once: the port is open to whoever can reach the pod.
const AT_ONCE: usize = 8;

/// A pause after what is as a rule too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Whom a proxy shows itself to, and what it proves to them.
pub(crate) struct Looked {
    pub(crate) listener: StdListener,
    /// The newest secrets; connections that are there go on with those of before.
    pub(crate) held: watch::Receiver<Option<Arc<Held>>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Nobody else is let in.
    pub(crate) control_plane: SpiffeId,
}

/// The connections of the control plane. They end to come when this is dropped.
pub(crate) struct Proven {
    address: SocketAddr,
    came: mpsc::Receiver<TlsStream<TcpStream>>,
    _tasks: JoinSet<()>,
}

impl Looked {
    /// Begins to take connections, within a runtime.
    ///
    /// # Errors
    /// The listener is none for tokio.
    pub(crate) fn start(self) -> io::Result<Proven> {
        self.listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(self.listener)?;
        let address = listener.local_addr()?;
        let configs = Configs { held: self.held, clock: self.clock, control_plane: self.control_plane, newest: None };
        let (sender, came) = mpsc::channel(AT_ONCE);
        let mut tasks = JoinSet::new();
        tasks.spawn(take(listener, configs, sender));
        Ok(Proven { address, came, _tasks: tasks })
    }
}

async fn take(listener: TcpListener, mut configs: Configs, sender: mpsc::Sender<TlsStream<TcpStream>>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    // They end with this.
    let mut proving = JoinSet::new();
    // Nobody closes the semaphore.
    while let Ok(place) = places.clone().acquire_owned().await {
        while proving.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        // Without a certificate of its own it can prove nothing.
        let Some(config) = configs.newest() else { continue };
        let sender = sender.clone();
        proving.spawn(async move {
            let accepted = timeout(HANDSHAKE, TlsAcceptor::from(config).accept(stream)).await;
            drop(place);
            if let Ok(Ok(stream)) = accepted {
                let _ = sender.send(stream).await;
            }
        });
    }
}

/// What connections begin with.
struct Configs {
    held: watch::Receiver<Option<Arc<Held>>>,
    clock: Arc<dyn Clock>,
    control_plane: SpiffeId,
    newest: Option<Arc<ServerConfig>>,
}

impl Configs {
    fn newest(&mut self) -> Option<Arc<ServerConfig>> {
        if self.newest.is_none() || self.held.has_changed().unwrap_or_default() {
            let held = self.held.borrow_and_update().clone()?;
            self.newest = self.of(&held);
        }
        self.newest.clone()
    }

    fn of(&self, held: &Held) -> Option<Arc<ServerConfig>> {
        let peer = TextMatch::Exact(self.control_plane.to_string().into_bytes().into());
        let tls = Arc::new(ServerTls { alpn: Vec::new(), peers: vec![peer], sessions: Sessions::None });
        // Secrets that cannot be used are told of where calls are served.
        Identity::new(held, self.clock.clone()).ok()?.server(&tls, false).ok()
    }
}

impl Listener for Proven {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.came.recv().await {
            Some(stream) => (stream, self.address),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use meshglot_ca::{Authority, KeyPair};
    use meshglot_join::{SystemClock, dial};
    use time::OffsetDateTime;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const POD: &str = "spiffe://d/ns/shop/sa/web";
    const CONTROL_PLANE: &str = "spiffe://d/ns/meshglot-system/sa/control-plane";

    fn authority() -> Authority {
        Authority::new("d".parse().expect("a name"), OffsetDateTime::now_utc()).expect("an authority")
    }

    fn held(authority: &Authority, id: &str) -> Arc<Held> {
        let (key, id, now) = (KeyPair::generate().expect("a key"), id.parse().expect("an identity"), OffsetDateTime::now_utc());
        let issued = authority.issue(&key.csr(&id).expect("a request"), &id, now).expect("a certificate");
        Arc::new(Held::handed_over(issued.chain_pem(), key.private_key_pem(), issued.bundle_pem()).expect("secrets"))
    }

    /// What somebody is told who takes the proxy for this identity; `None`: nothing.
    async fn told(address: SocketAddr, who: &Held, proxy: &str) -> Option<String> {
        let mut stream = dial(address, who, &proxy.parse().expect("an identity"), Arc::new(SystemClock)).await.ok()?;
        stream.write_all(b"GET /seen HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await.ok()?;
        Some(text)
    }

    #[tokio::test]
    async fn it_shows_itself_to_the_control_plane_alone() {
        let (ours, other) = (authority(), authority());
        let (secrets, held_by) = watch::channel(None);
        let listener = StdListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let control_plane = CONTROL_PLANE.parse().expect("an identity");
        let looked = Looked { listener, held: held_by, clock: Arc::new(SystemClock), control_plane };
        let proven = looked.start().expect("it listens");
        tokio::spawn(async move { axum::serve(proven, Router::new().route("/seen", get(|| async { "seen" }))).await });
        let plane = held(&ours, CONTROL_PLANE);
        assert_eq!(told(address, &plane, POD).await, None, "it cannot prove anything yet");
        secrets.send_replace(Some(held(&ours, POD)));
        assert!(told(address, &plane, POD).await.is_some_and(|text| text.ends_with("seen")));
        assert_eq!(told(address, &plane, "spiffe://d/ns/shop/sa/other").await, None, "it is another proxy than was meant");
        assert_eq!(told(address, &held(&ours, "spiffe://d/ns/shop/sa/api"), POD).await, None, "another workload of the mesh");
        assert_eq!(told(address, &held(&other, CONTROL_PLANE), POD).await, None, "somebody who calls himself the control plane");

        // With secrets of another authority it is that one's.
        secrets.send_replace(Some(held(&other, POD)));
        assert_eq!(told(address, &plane, POD).await, None);
        assert!(told(address, &held(&other, CONTROL_PLANE), POD).await.is_some());

        // Those who prove nothing keep nobody away for long.
        let mut silent = Vec::new();
        for _ in 0..3 {
            silent.push(TcpStream::connect(address).await.expect("it listens"));
        }
        assert!(told(address, &held(&other, CONTROL_PLANE), POD).await.is_some());
    }
}
