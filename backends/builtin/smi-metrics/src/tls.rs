//! The API over TLS, for the front proxy of a kube-apiserver. Certificate, key and CA are files, and are read again while it runs.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::middleware::from_fn_with_state;
use axum::serve::{IncomingStream, Listener};
use meshglot_xds::{CredentialsError, connections, server_config};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use crate::front_proxy::{FrontProxy, Peer, check};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(30);

/// What the server proves who it is with, and by what it knows who asks; PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Its certificate, and those that it leads to.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// `requestheader-client-ca-file`: who signs the certificate of the front proxy.
    pub client_ca: PathBuf,
}

/// It cannot be served over TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// They are not what they should be, or do not belong together.
    #[error("{0}")]
    Credentials(#[from] CredentialsError),
}

impl Files {
    /// When each was written.
    fn times(&self) -> [Option<SystemTime>; 3] {
        [&self.certificate, &self.key, &self.client_ca].map(|path| path.metadata().and_then(|file| file.modified()).ok())
    }

    /// What is in them now.
    ///
    /// # Errors
    /// A file cannot be read, or they do not belong together.
    fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| TlsError::File { path: path.to_owned(), error });
        let mut config = (*server_config(&read(&self.certificate)?, &read(&self.key)?, &read(&self.client_ca)?)?).clone();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// Serves the API over TLS to the front proxy alone, and to everybody how it is; for as long as what is given is awaited. `tell` takes
/// for people that files which have changed are not used.
///
/// # Errors
/// The files cannot be used, or the listener cannot. What it gives ends only where serving fails.
pub fn serve(
    listener: TcpListener,
    files: Files,
    allowed: FrontProxy,
    router: Router,
    tell: impl Fn(&str) + Send + Sync + 'static,
) -> Result<impl Future<Output = io::Result<()>> + Send, TlsError> {
    // Before they are read: what is written meanwhile is read again.
    let times = files.times();
    let (configs, newest) = watch::channel(files.config()?);
    let failed = |error| TlsError::File { path: files.certificate.clone(), error };
    let address = listener.local_addr().map_err(failed)?;
    let router = router.layer(from_fn_with_state(Arc::new(allowed), check));
    let service = router.into_make_service_with_connect_info::<Peer>();
    Ok(async move {
        let listener = Proven { connections: connections(listener, newest), address };
        tokio::select! {
            ended = axum::serve(listener, service).into_future() => ended,
            () = renew((&files, times), &configs, LOOK, tell) => Ok(()),
        }
    })
}

/// Takes what the files say whenever they have changed; what cannot be used is told once. `used`: when those in use were written.
async fn renew(
    (files, mut used): (&Files, [Option<SystemTime>; 3]),
    configs: &watch::Sender<Arc<ServerConfig>>,
    every: Duration,
    tell: impl Fn(&str),
) {
    let mut told = String::new();
    loop {
        tokio::time::sleep(every).await;
        let now = files.times();
        if now == used {
            continue;
        }
        match files.config() {
            Ok(config) => {
                configs.send_replace(config);
                (used, told) = (now, String::new());
            }
            // They may be in the middle of being written: they are looked at again.
            Err(error) if error.to_string() != told => {
                told = error.to_string();
                tell(&format!("the SMI metrics API keeps its certificate: {told}"));
            }
            Err(_) => {}
        }
    }
}

/// Connections whose handshake is done.
struct Proven {
    connections: ReceiverStream<io::Result<TlsStream<TcpStream>>>,
    address: SocketAddr,
}

impl Listener for Proven {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.connections.next().await {
                Some(Ok(stream)) => {
                    let address = stream.get_ref().0.peer_addr().unwrap_or(self.address);
                    return (stream, address);
                }
                Some(Err(_)) => {}
                // Nobody comes any more: the runtime ends.
                None => std::future::pending().await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, Proven>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Proven>) -> Self {
        let Some(certificate) = stream.io().get_ref().1.peer_certificates().and_then(<[_]>::first) else { return Self::Nobody };
        let parsed = x509_parser::parse_x509_certificate(certificate);
        let name = parsed.ok().and_then(|(_, leaf)| Some(leaf.subject().iter_common_name().next()?.as_str().ok()?.to_owned()));
        Self::Proven(name)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn write(folder: &Path) {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        for (name, text) in [("tls.crt", own.cert.pem()), ("tls.key", own.signing_key.serialize_pem()), ("ca.crt", own.cert.pem())] {
            std::fs::write(folder.join(name), text).expect("a file");
        }
    }

    async fn until(what: &str, holds: impl Fn() -> bool) {
        let holds = async {
            while !holds() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), holds).await.unwrap_or_else(|_| panic!("{what}: never"));
    }

    #[tokio::test]
    async fn what_was_written_anew_is_used_and_what_is_broken_is_told_once() {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path());
        let path = |name: &str| folder.path().join(name);
        let files = Files { certificate: path("tls.crt"), key: path("tls.key"), client_ca: path("ca.crt") };
        let times = files.times();
        let first = files.config().expect("they fit");
        let (configs, newest) = watch::channel(first.clone());
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = told.clone();
        let renewing = tokio::spawn(async move {
            let tell = move |text: &str| tell.lock().expect("nobody fell").push(text.to_owned());
            renew((&files, times), &configs, Duration::from_millis(5), tell).await;
        });
        std::fs::write(path("tls.key"), "no key").expect("a file");
        until("it is told", || told.lock().expect("nobody fell").len() == 1).await;
        // As often as it is looked at meanwhile.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let said = told.lock().expect("nobody fell").clone();
        assert!(said.len() == 1 && said[0].contains("the key cannot be read"), "{said:?}");
        assert!(Arc::ptr_eq(&newest.borrow(), &first));
        write(folder.path());
        until("it is used", || !Arc::ptr_eq(&newest.borrow(), &first)).await;
        renewing.abort();
    }
}
