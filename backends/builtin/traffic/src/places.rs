//! Where proxies are, and how each is asked.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

/// A connection to a proxy, over which it is asked in HTTP/1.1.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One that is being made. [`NotFound`](io::ErrorKind::NotFound) and [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) say that
/// nobody is there, anything else is told in its own words.
pub type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// The way to one proxy.
pub trait Way: Send + Sync + 'static {
    /// Connects to what it answers for those who may look.
    fn connect(&self) -> Connecting;

    /// The file with its log, of an Envoy that has no tap.
    fn log(&self) -> Option<PathBuf> {
        None
    }
}

/// One proxy.
#[derive(Clone)]
pub struct Place {
    /// `NAMESPACE/NAME` of its workload.
    pub workload: Arc<str>,
    /// How it is asked.
    pub way: Arc<dyn Way>,
}

/// Knows where proxies are.
pub trait Places: Send + Sync + 'static {
    /// Those there are now, each by a name of its own; `None`: it is not known yet. It may wait for a disk, and not for longer.
    fn found(&self) -> Option<BTreeMap<Arc<str>, Place>>;

    /// Whether counters are read also while nobody asks for them: what was counted before the first look is then known, too.
    fn are_always_read(&self) -> bool;

    /// What is said of a workload that has no proxy here.
    fn nobody(&self) -> &'static str;
}
