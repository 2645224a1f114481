//! Why there is no server.

use std::io;
use std::time::Duration;

/// A server could not be started, or asked.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A program is not installed.
    #[error("{0} is not installed: run hack/peers/install")]
    Missing(&'static str),
    /// Files, processes or ports.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Certificates could not be made.
    #[error(transparent)]
    Certificates(#[from] rcgen::Error),
    /// A process ended by itself.
    #[error("{name} has ended; it said last:\n{said}")]
    Ended {
        /// Its name.
        name: &'static str,
        /// The end of its log.
        said: String,
    },
    /// A process does not get ready.
    #[error("{name} is not ready after {after:?}; it said last:\n{said}")]
    Late {
        /// Its name.
        name: &'static str,
        /// How long it was waited for.
        after: Duration,
        /// The end of its log.
        said: String,
    },
    /// etcd's answer is not what it should be.
    #[error("etcd: {0}")]
    Etcd(String),
    /// A kubeconfig that kube does not take.
    #[error(transparent)]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// An answer of the API server.
    #[error(transparent)]
    Api(#[from] Box<kube::Error>),
}

impl From<kube::Error> for StartError {
    fn from(error: kube::Error) -> Self {
        Self::Api(Box::new(error))
    }
}
