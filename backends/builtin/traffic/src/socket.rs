//! Asks a proxy on the socket in its folder.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The socket in the folder of a proxy.
pub(crate) const SOCKET: &str = "admin.sock";

/// What takes longer is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// An answer that is longer is given up: 20,000 series, which is what a thread of a proxy counts at most, have some megabytes.
const LONGEST: usize = 64 << 20;

/// Why nothing was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// There is nobody.
    Nobody,
    /// Whoever is there knows no such question.
    Unknown,
    /// Something else, in words.
    Failed(String),
}

/// An answer that goes on; the connection ends with it.
pub(crate) struct Lines {
    body: Incoming,
    _connection: JoinSet<()>,
}

/// The text at a path.
pub(crate) async fn text(socket: &Path, path: &str) -> Result<String, Silence> {
    let answer = async {
        let mut lines = lines(socket, path).await?;
        let mut text = Vec::new();
        while let Some(piece) = lines.next().await? {
            if text.len() + piece.len() > LONGEST {
                return Err(Silence::Failed("its answer does not end".to_owned()));
            }
            text.extend_from_slice(&piece);
        }
        String::from_utf8(text).map_err(|_| Silence::Failed("its answer is no text".to_owned()))
    };
    timeout(PATIENCE, answer).await.unwrap_or_else(|_| Err(late()))
}

/// An answer that is read piece by piece; its head has to come in time.
pub(crate) async fn lines(socket: &Path, path: &str) -> Result<Lines, Silence> {
    timeout(PATIENCE, ask(socket, path)).await.unwrap_or_else(|_| Err(late()))
}

async fn ask(socket: &Path, path: &str) -> Result<Lines, Silence> {
    let failed = |error: hyper::Error| Silence::Failed(error.to_string());
    let stream = UnixStream::connect(socket).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => Silence::Nobody,
        _ => Silence::Failed(error.to_string()),
    })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let mut running = JoinSet::new();
    running.spawn(async move {
        // Its end is seen in the answer.
        let _ = connection.await;
    });
    let request = Request::builder().uri(path).header("host", "meshglot").body(Empty::<Bytes>::new());
    let request = request.map_err(|error| Silence::Failed(error.to_string()))?;
    let answer: Response<Incoming> = sender.send_request(request).await.map_err(failed)?;
    match answer.status() {
        StatusCode::OK => Ok(Lines { body: answer.into_body(), _connection: running }),
        StatusCode::NOT_FOUND => Err(Silence::Unknown),
        status => Err(Silence::Failed(format!("it answers {status}"))),
    }
}

impl Lines {
    /// The next piece; `None`: it has ended.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Silence> {
        loop {
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(Silence::Failed(error.to_string())),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

fn late() -> Silence {
    Silence::Failed(format!("it does not answer within {} s", PATIENCE.as_secs()))
}

impl std::fmt::Display for Silence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nobody => "its proxy does not run",
            Self::Unknown => crate::hub::UNCOUNTED,
            Self::Failed(why) => why,
        })
    }
}
