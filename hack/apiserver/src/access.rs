//! How clients reach an API server: its address, and who has signed its certificate.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::error::StartError;
use crate::user::User;

/// A server, or a gate in front of it.
#[derive(Clone, Debug)]
pub struct Access {
    address: SocketAddr,
    authority: PathBuf,
}

impl Access {
    pub(crate) fn new(address: SocketAddr, authority: PathBuf) -> Self {
        Self { address, authority }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificates that its own is checked by, a PEM file.
    pub fn authority(&self) -> &Path {
        &self.authority
    }

    /// The text of a kubeconfig for a user: JSON, which is YAML. It names a file of the server's folder.
    pub fn kubeconfig(&self, user: &User) -> String {
        format!("{:#}", self.document(user))
    }

    /// A client of this async runtime as kube makes it: where it is answered with 429, 503 or 504 it asks again, up to 15 times, after
    /// what `Retry-After` says or after pauses that double from 5 ms. An API server answers so while it makes ready for a new CRD.
    ///
    /// # Errors
    /// The file of [`Access::authority`] is gone.
    pub async fn client(&self, user: &User) -> Result<Client, StartError> {
        Ok(Client::try_from(self.config(user).await?)?)
    }

    /// A client that asks once: for tests of such answers.
    ///
    /// # Errors
    /// As [`Access::client`].
    pub async fn client_that_asks_once(&self, user: &User) -> Result<Client, StartError> {
        let mut config = self.config(user).await?;
        config.default_retry = false;
        Ok(Client::try_from(config)?)
    }

    async fn config(&self, user: &User) -> Result<Config, StartError> {
        let document = serde_json::from_value::<Kubeconfig>(self.document(user)).map_err(std::io::Error::other)?;
        Ok(Config::from_custom_kubeconfig(document, &KubeConfigOptions::default()).await?)
    }

    fn document(&self, user: &User) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{
                "name": "test",
                "cluster": {"server": format!("https://{}", self.address), "certificate-authority": self.authority},
            }],
            "users": [{"name": user.name(), "user": {"token": user.token()}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": user.name()}}],
            "current-context": "test",
        })
    }
}
