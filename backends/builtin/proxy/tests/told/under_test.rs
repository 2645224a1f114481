//! A proxy that runs until it is asked for its log.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use meshglot_join::SystemClock;
use meshglot_proxy::{LogShare, MetricNames, Settings};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::given::{self, Ports};
use crate::peers::{self, PATIENCE};

/// A proxy and its application.
pub(crate) struct UnderTest {
    pub(crate) ports: Ports,
    folder: TempDir,
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl UnderTest {
    pub(crate) fn start() -> Self {
        Self::with(LogShare::ALL)
    }

    /// One that logs so many percent of what ends well.
    pub(crate) fn with_share(percent: &str) -> Self {
        Self::with(percent.parse().expect("a share"))
    }

    fn with(log_share: LogShare) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let [requests, bytes] = free_ports();
        let ports = Ports { requests, bytes, application: peers::application() };
        given::resources(folder.path(), ports);
        let (stop, stops) = watch::channel(false);
        // It holds no certificate, so that it asks no control plane.
        let settings = Settings {
            id: "shop/api/0".to_owned(),
            control_plane: (Ipv4Addr::LOCALHOST, 1).into(),
            control_plane_id: "spiffe://cluster.local/ns/meshglot-system/sa/control-plane".parse().expect("an identity"),
            held: watch::channel(None).1,
            clock: Arc::new(SystemClock),
            folder: folder.path().to_owned(),
            workers: 1,
            log: Some(File::create(folder.path().join("log")).expect("a file")),
            log_share,
            metrics: None,
            looked: None,
            metric_names: MetricNames::default(),
            drain: Duration::ZERO,
        };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(meshglot_proxy::run(settings, stops)).expect("it runs");
        });
        drop(peers::connect(requests));
        Self { ports, folder, stop, thread }
    }

    /// The line of a counter that has these labels, as soon as it is there.
    pub(crate) fn counter(&self, name: &str, labels: &[&str]) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.metrics();
            let mut lines = text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{')));
            if let Some(line) = lines.find(|line| labels.iter().all(|label| line.contains(label))) {
                return line.to_owned();
            }
            assert!(Instant::now() < end, "no {name} {labels:?}:\n{text}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn metrics(&self) -> String {
        let mut stream = UnixStream::connect(self.folder.path().join("admin.sock")).expect("a socket");
        write!(stream, "GET /metrics HTTP/1.1\r\nhost: proxy\r\nconnection: close\r\n\r\n").expect("a connection");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        text
    }

    /// Ends it, at once and with whatever is open. What it has logged: a line for each call.
    pub(crate) fn end(self) -> Vec<Value> {
        self.stop.send_replace(true);
        self.thread.join().expect("it ends");
        let text = std::fs::read_to_string(self.folder.path().join("log")).expect("a log");
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}
