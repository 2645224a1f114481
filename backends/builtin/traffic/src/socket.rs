//! Asks a proxy.

use std::io::ErrorKind;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::places::Way;

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

/// A connection on which one thing is asked after another; it ends with this.
pub(crate) struct Conversation {
    sender: SendRequest<Empty<Bytes>>,
    _connection: JoinSet<()>,
}

/// An answer that goes on; the connection ends with it.
pub(crate) struct Lines {
    body: Incoming,
    _conversation: Conversation,
}

/// The text at a path. The conversation is kept for the next question, where it can be.
pub(crate) async fn text(kept: &mut Option<Conversation>, way: &dyn Way, path: &str) -> Result<String, Silence> {
    let answer = async {
        // The other side may have ended one that was there.
        if let Some(mut before) = kept.take()
            && !before.sender.is_closed()
        {
            match before.text(path).await {
                Err(Silence::Failed(_)) => {}
                answer => {
                    *kept = Some(before);
                    return answer;
                }
            }
        }
        let mut new = Conversation::begin(way).await?;
        let text = new.text(path).await?;
        *kept = Some(new);
        Ok(text)
    };
    timeout(PATIENCE, answer).await.unwrap_or_else(|_| Err(late()))
}

/// An answer that is read piece by piece; its head has to come in time.
pub(crate) async fn lines(way: &dyn Way, path: &str) -> Result<Lines, Silence> {
    let begun = async {
        let mut conversation = Conversation::begin(way).await?;
        Ok(Lines { body: conversation.ask(path).await?, _conversation: conversation })
    };
    timeout(PATIENCE, begun).await.unwrap_or_else(|_| Err(late()))
}

impl Conversation {
    async fn begin(way: &dyn Way) -> Result<Self, Silence> {
        let stream = way.connect().await.map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => Silence::Nobody,
            _ => Silence::Failed(error.to_string()),
        })?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        let mut running = JoinSet::new();
        running.spawn(async move {
            // Its end is seen in the answer.
            let _ = connection.await;
        });
        Ok(Self { sender, _connection: running })
    }

    async fn ask(&mut self, path: &str) -> Result<Incoming, Silence> {
        let request = Request::builder().uri(path).header("host", "meshglot").body(Empty::<Bytes>::new());
        let request = request.map_err(|error| Silence::Failed(error.to_string()))?;
        self.sender.ready().await.map_err(failed)?;
        let answer: Response<Incoming> = self.sender.send_request(request).await.map_err(failed)?;
        match answer.status() {
            StatusCode::OK => Ok(answer.into_body()),
            StatusCode::NOT_FOUND => Err(Silence::Unknown),
            status => Err(Silence::Failed(format!("it answers {status}"))),
        }
    }

    async fn text(&mut self, path: &str) -> Result<String, Silence> {
        let mut body = self.ask(path).await?;
        let mut text = Vec::new();
        while let Some(piece) = next(&mut body).await? {
            if text.len() + piece.len() > LONGEST {
                return Err(Silence::Failed("its answer does not end".to_owned()));
            }
            text.extend_from_slice(&piece);
        }
        String::from_utf8(text).map_err(|_| Silence::Failed("its answer is no text".to_owned()))
    }
}

impl Lines {
    /// The next piece; `None`: it has ended.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Silence> {
        next(&mut self.body).await
    }
}

async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Silence> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(error)) => return Err(failed(error)),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

fn failed(error: hyper::Error) -> Silence {
    Silence::Failed(error.to_string())
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
