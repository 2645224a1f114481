//! One API server with its etcd.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use http::Request;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;

use crate::access::Access;
use crate::certificates::{self, Certificates};
use crate::error::StartError;
use crate::etcd::Etcd;
use crate::flags::flags;
use crate::folder::Folder;
use crate::peer::program;
use crate::port::Port;
use crate::process::Process;
use crate::user::User;

/// How long it may take to be ready.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often it is asked meanwhile.
const LOOK: Duration = Duration::from_millis(100);

/// What is special about a server.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Users besides the one who may do everything.
    pub users: Vec<User>,
    /// Flags of kube-apiserver, such as `--watch-cache=false`; they win over those that it is started with anyway.
    pub flags: Vec<String>,
}

/// Both processes and their folder. They end when this is dropped, and with this process at the latest.
#[derive(Debug)]
pub struct ApiServer {
    /// `None`: it was killed.
    process: Option<Process>,
    etcd: Etcd,
    words: Vec<String>,
    port: Port,
    certificates: Certificates,
    admin: User,
    folder: Folder,
}

impl ApiServer {
    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    /// A program is not installed, or does not get ready.
    pub async fn start() -> Result<Self, StartError> {
        Self::start_with(Settings::default()).await
    }

    /// The same with settings of its own.
    ///
    /// # Errors
    /// A program is not installed, or does not get ready.
    pub async fn start_with(settings: Settings) -> Result<Self, StartError> {
        let folder = Folder::new()?;
        let certificates = certificates::write(&folder.path().join("pki"))?;
        let admin = User::admin();
        let tokens: String = [&admin].into_iter().chain(&settings.users).map(User::line).collect();
        fs::write(folder.path().join("tokens.csv"), tokens)?;
        let port = Port::new()?;
        let etcd = Etcd::start(folder.path())?;
        let words = flags(folder.path(), port.address(), &etcd.url(), &certificates, &settings.flags);
        let mut server = Self { process: None, etcd, words, port, certificates, admin, folder };
        server.restart().await?;
        Ok(server)
    }

    /// Where it is.
    pub fn access(&self) -> Access {
        Access::new(self.port.address(), self.certificates.authority())
    }

    /// Who may do everything.
    pub fn admin(&self) -> &User {
        &self.admin
    }

    /// A client of the one who may do everything, of this async runtime.
    ///
    /// # Errors
    /// As [`Access::client`].
    pub async fn client(&self) -> Result<Client, StartError> {
        self.access().client(&self.admin).await
    }

    /// Writes a kubeconfig into the server's folder.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn kubeconfig(&self, user: &User) -> Result<PathBuf, StartError> {
        let path = self.folder.path().join(format!("{}.kubeconfig", user.name().replace([':', '/'], "-")));
        fs::write(&path, self.access().kubeconfig(user))?;
        Ok(path)
    }

    /// A service account, made if it is not there, by a token of an hour that the server has signed.
    ///
    /// # Errors
    /// There is no such namespace.
    pub async fn service_account(&self, namespace: &str, name: &str) -> Result<User, StartError> {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client().await?, namespace);
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
        accounts.patch(name, &PatchParams::apply("meshglot-test"), &Patch::Apply(account)).await?;
        let request =
            TokenRequest { spec: TokenRequestSpec { expiration_seconds: Some(3600), ..Default::default() }, ..Default::default() };
        let answer = accounts.create_token_request(name, &PostParams::default(), &request).await?;
        let status = answer.status.ok_or_else(|| std::io::Error::other("a token request without a token"))?;
        Ok(User::service_account(namespace, name, status.token))
    }

    /// Where certificates are by which an extension API server knows calls of this one: its authority; then certificate and key, by
    /// which a test can do as if it were it. An extension on this machine is found by an APIService whose Service is of the type
    /// `ExternalName`, for `localhost`.
    pub fn aggregation(&self) -> (PathBuf, [PathBuf; 2]) {
        (self.certificates.aggregation(), self.certificates.aggregator())
    }

    /// The numbers of its processes: etcd, and the API server unless it was killed.
    pub fn processes(&self) -> Vec<u32> {
        [Some(&self.etcd.process), self.process.as_ref()].into_iter().flatten().map(Process::id).collect()
    }

    /// The folder with all that it needs; it is removed at the end.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the API server alone, without asking it. Whoever connects is refused until [`ApiServer::restart`].
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it again where it was, with what etcd has, and waits until it is ready. One that runs is killed before.
    ///
    /// # Errors
    /// It is not installed, or does not get ready.
    pub async fn restart(&mut self) -> Result<(), StartError> {
        self.kill();
        let program = program("kube-apiserver").ok_or(StartError::Missing("kube-apiserver"))?;
        let log = self.folder.path().join("kube-apiserver.log");
        let process = self.process.insert(Process::start(&program, &self.words, &log)?);
        let client = Access::new(self.port.address(), self.certificates.authority()).client_that_asks_once(&self.admin).await?;
        ready(&client, process, &mut self.etcd.process).await
    }

    /// Lets etcd forget everything before now; the revision of now. The API server may still remember for a while what it has told its
    /// watchers: one that was restarted, or started with `--watch-cache=false`, does not, and answers 410 for what is older.
    ///
    /// # Errors
    /// etcd does not answer.
    pub async fn compact(&mut self) -> Result<i64, StartError> {
        self.etcd.compact().await
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    pub(crate) fn certificates(&self) -> &Certificates {
        &self.certificates
    }
}

async fn ready(client: &Client, server: &mut Process, etcd: &mut Process) -> Result<(), StartError> {
    let begin = Instant::now();
    loop {
        let request = Request::get("/readyz").body(Vec::new()).map_err(std::io::Error::other)?;
        if client.request_text(request).await.is_ok() {
            return Ok(());
        }
        for (name, process) in [("etcd", &mut *etcd), ("kube-apiserver", &mut *server)] {
            if process.has_ended() {
                return Err(StartError::Ended { name, said: process.said() });
            }
        }
        if begin.elapsed() > PATIENCE {
            return Err(StartError::Late { name: "kube-apiserver", after: PATIENCE, said: server.said() });
        }
        tokio::time::sleep(LOOK).await;
    }
}
