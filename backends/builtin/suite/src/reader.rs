//! A client of the control plane that is no proxy: it reads what it may, and refuses all of it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3::Node;
use envoy_types::pb::envoy::service::discovery::v3::DeltaDiscoveryRequest;
use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_client::AggregatedDiscoveryServiceClient;
use envoy_types::pb::google::rpc::Status as Refusal;
use meshglot_agent::CONTROL_PLANE;
use meshglot_join::{Own, SystemClock, connect};
use meshglot_xds::Kind;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::credentials::Credentials;
use crate::issuer::TRUST_DOMAIN;
use crate::namespace::Namespace;

/// How long the first answer may take.
const FIRST: Duration = Duration::from_secs(10);

/// It goes on refusing until it is dropped.
pub struct Reader {
    stop: Arc<AtomicBool>,
    refused: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

/// Where it reads, and as whom.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) host: Arc<Namespace>,
    pub(crate) address: SocketAddr,
    pub(crate) bundle_pem: String,
    /// What it calls itself.
    pub(crate) node: String,
    /// What it proves who it is with; `None`: nothing.
    pub(crate) shows: Option<Credentials>,
}

impl Reader {
    /// Asks for everything, and refuses it with these words. It has begun when this returns.
    ///
    /// # Errors
    /// It is sent away; the control plane says why.
    pub(crate) fn refuse(desk: Desk, why: &'static str) -> io::Result<Self> {
        let (stop, refused) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (ended, count) = (stop.clone(), refused.clone());
        let (began, beginning) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let done = desk.host.clone().within(|| {
                // Of one thread, so that the socket is made on this one.
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                read(&runtime, &desk, why, &ended, &|| {
                    count.fetch_add(1, Ordering::Relaxed);
                    let _ = began.send(Ok(()));
                })
            });
            if let Err(error) = done {
                let _ = began.send(Err(error));
            }
        });
        let reader = Self { stop, refused, thread: Some(thread) };
        beginning.recv_timeout(FIRST).unwrap_or_else(|_| Err(io::Error::other("nothing is sent to it")))?;
        Ok(reader)
    }

    /// How many messages it has refused.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(runtime: &Runtime, desk: &Desk, why: &str, ended: &AtomicBool, refused: &dyn Fn()) -> io::Result<()> {
    let control_plane = format!("spiffe://{TRUST_DOMAIN}/{CONTROL_PLANE}").parse().map_err(io::Error::other)?;
    let own = desk.shows.as_ref().map(|own| Own { chain_pem: &own.chain_pem, key_pem: &own.key_pem });
    runtime.block_on(async {
        let connected = connect(desk.address, &desk.bundle_pem, &control_plane, own, Arc::new(SystemClock)).await;
        let mut client = AggregatedDiscoveryServiceClient::new(connected.map_err(io::Error::other)?);
        let (sender, receiver) = mpsc::channel(16);
        // Who is sent away hears why on the other way.
        let send = async |request| drop(sender.send(request).await);
        let node = Node { id: desk.node.clone(), ..Node::default() };
        let ask = |kind: Kind| DeltaDiscoveryRequest { type_url: kind.type_url().to_owned(), ..DeltaDiscoveryRequest::default() };
        send(DeltaDiscoveryRequest { node: Some(node), ..ask(Kind::Cluster) }).await;
        let stream = client.delta_aggregated_resources(ReceiverStream::new(receiver)).await.map_err(io::Error::other)?;
        let mut stream = stream.into_inner();
        send(ask(Kind::Listener)).await;
        loop {
            let message = tokio::select! {
                message = stream.message() => message.map_err(|status| io::Error::other(status.message().to_owned()))?,
                () = tokio::time::sleep(Duration::from_millis(10)) => {
                    if ended.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    continue;
                }
            };
            let Some(message) = message else { return Ok(()) };
            let refusal = Refusal { message: why.to_owned(), ..Refusal::default() };
            let answer = DeltaDiscoveryRequest {
                type_url: message.type_url,
                response_nonce: message.nonce,
                error_detail: Some(refusal),
                ..DeltaDiscoveryRequest::default()
            };
            send(answer).await;
            refused();
        }
    })
}
