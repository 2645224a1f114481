//! The way to a cluster: by a kubeconfig, or from within it.

use std::path::Path;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use thiserror::Error;
use tokio::time::timeout;

/// How long a connection may take, and the first answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// There is no cluster.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The kubeconfig cannot be read, or names no such context.
    #[error("the kubeconfig cannot be used: {0}")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// There is no kubeconfig, and no cluster around this process.
    #[error("there is no cluster: {0}")]
    Nowhere(String),
    /// Nobody answers, or not as an API server does.
    #[error("the API server at {address} does not answer: {why}")]
    Silent {
        /// Its URL.
        address: String,
        /// In words.
        why: String,
    },
}

/// A client for [`crate::run`], and the URL of its API server, which has answered. Without a file: that of `KUBECONFIG`, or the one
/// in the home folder, or the cluster around this pod. Without a context: the current one.
///
/// # Errors
/// There is no such cluster, or nobody answers within some seconds.
pub async fn connect(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<(Client, String), ConnectError> {
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let mut config = match kubeconfig {
        Some(path) => Config::from_custom_kubeconfig(Kubeconfig::read_from(path)?, &options).await?,
        None if context.is_some() => Config::from_kubeconfig(&options).await?,
        None => Config::infer().await.map_err(|error| ConnectError::Nowhere(error.to_string()))?,
    };
    config.connect_timeout = Some(PATIENCE);
    // Whoever uses it decides about pauses: for some writes the next one is another one.
    config.default_retry = false;
    let address = config.cluster_url.to_string();
    let silent = |why: String| ConnectError::Silent { address: address.clone(), why };
    let client = Client::try_from(config).map_err(|error| silent(error.to_string()))?;
    let answer = timeout(PATIENCE, client.apiserver_version()).await;
    answer.map_err(|_| silent(format!("nothing within {} s", PATIENCE.as_secs())))?.map_err(|error| silent(error.to_string()))?;
    Ok((client, address))
}
