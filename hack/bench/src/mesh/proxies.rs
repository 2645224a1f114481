//! The process of the simulated proxies: each with its own certificate, connection and stream.

use std::io::{self, BufRead};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_client::AggregatedDiscoveryServiceClient;
use meshglot_ca::SpiffeId;
use meshglot_join::{Own, SystemClock, connect};
use prost::Message;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::envoy::{Envoy, Read};
use super::fleet::Got;
use super::process;

/// The largest message that is read.
const MESSAGE: usize = 64 << 20;

/// How long a proxy whose connection failed waits.
const AGAIN: Duration = Duration::from_millis(500);

/// What all proxies share.
struct Shared {
    address: SocketAddr,
    control_plane: SpiffeId,
    bundle: String,
    read: Read,
    responses: AtomicU64,
    resources: AtomicU64,
    removed: AtomicU64,
    bytes: AtomicU64,
    failures: AtomicU64,
    /// What had been used of processors when it was asked last, in ms.
    cpu_ms: AtomicU64,
}

struct Proxy {
    envoy: Mutex<Envoy>,
    chain: String,
    key: String,
}

/// Does what the lines of standard input say, and answers each with a line.
pub(crate) fn run() {
    let mut lines = io::stdin().lock().lines().map_while(Result::ok);
    let invitations: Value = serde_json::from_str(&lines.next().expect("invitations")).expect("invitations");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let shared = Arc::new(Shared {
        address: text(&invitations["address"]).parse().expect("an address"),
        control_plane: text(&invitations["control_plane"]).parse().expect("an identity"),
        bundle: text(&invitations["bundle"]),
        read: Read::default(),
        responses: AtomicU64::new(0),
        resources: AtomicU64::new(0),
        removed: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        failures: AtomicU64::new(0),
        cpu_ms: AtomicU64::new(0),
    });
    let proxy =
        |value: &Value| Proxy { envoy: Mutex::new(Envoy::new(text(&value["id"]))), chain: text(&value["chain"]), key: text(&value["key"]) };
    let proxies: Vec<Arc<Proxy>> = invitations["proxies"].as_array().expect("proxies").iter().map(|one| Arc::new(proxy(one))).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut tasks = JoinSet::new();
    println!("ready");
    for line in lines {
        match line.as_str() {
            "connect" => {
                for proxy in &proxies {
                    tasks.spawn_on(live(proxy.clone(), shared.clone()), runtime.handle());
                }
                println!("yes");
            }
            "leave" => {
                runtime.block_on(tasks.shutdown());
                println!("yes");
            }
            _ => println!("{}", serde_json::to_string(&shared.got()).expect("numbers")),
        }
    }
}

impl Shared {
    fn got(&self) -> Got {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        let cpu_ms = u64::try_from(process::cpu().as_millis()).unwrap_or_default();
        Got {
            responses: take(&self.responses),
            resources: take(&self.resources),
            removed: take(&self.removed),
            bytes: take(&self.bytes),
            failures: take(&self.failures),
            cpu_ms: cpu_ms - self.cpu_ms.swap(cpu_ms, Ordering::Relaxed),
        }
    }
}

/// Connects for as long as the proxy lives.
async fn live(proxy: Arc<Proxy>, shared: Arc<Shared>) {
    loop {
        if let Err(why) = stream(&proxy, &shared).await
            && shared.failures.fetch_add(1, Ordering::Relaxed) == 0
        {
            eprintln!("the first failure: {why}");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn stream(proxy: &Proxy, shared: &Shared) -> Result<(), String> {
    let own = Own { chain_pem: &proxy.chain, key_pem: &proxy.key };
    let channel = connect(shared.address, &shared.bundle, &shared.control_plane, Some(own), Arc::new(SystemClock)).await;
    let mut client = AggregatedDiscoveryServiceClient::new(channel.map_err(|error| error.to_string())?).max_decoding_message_size(MESSAGE);
    let (sender, receiver) = mpsc::channel(16);
    let hello = proxy.envoy.lock().unwrap_or_else(PoisonError::into_inner).hello();
    for request in hello {
        let _ = sender.send(request).await;
    }
    let stream = client.delta_aggregated_resources(ReceiverStream::new(receiver)).await;
    let mut stream = stream.map_err(|status| status.to_string())?.into_inner();
    while let Some(message) = stream.next().await {
        let message = message.map_err(|status| status.to_string())?;
        let add = |counter: &AtomicU64, n: usize| counter.fetch_add(n as u64, Ordering::Relaxed);
        add(&shared.responses, 1);
        add(&shared.resources, message.resources.len());
        add(&shared.removed, message.removed_resources.len());
        add(&shared.bytes, message.encoded_len());
        let said = proxy.envoy.lock().unwrap_or_else(PoisonError::into_inner).takes(message, &shared.read);
        for request in said {
            let _ = sender.send(request).await;
        }
    }
    Err("the control plane ended the stream".to_owned())
}
