//! Both ends of HTTP/2: the caller, and the server that answers what it is told to.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use h2::{RecvStream, client, server};
use meshglot_suite::Caller;
use tonic::codegen::Bytes;
use tonic::codegen::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};

use super::server::{Says, Shared};
use super::told::Told;
use super::wire::text;

/// Names and values.
pub(super) type Headers = &'static [(&'static str, &'static str)];

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) headers: Headers,
    pub(super) body: Option<&'static str>,
    pub(super) trailers: Headers,
}

/// What is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Headers,
    /// `None`: the head is all of it.
    pub(super) body: Option<&'static str>,
    pub(super) trailers: Headers,
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends one over a connection of its own.
pub(super) fn ask(caller: &Caller, ask: &Ask) -> io::Result<Told> {
    let stream = caller.stream()?;
    stream.set_nonblocking(true)?;
    let uri: Uri = format!("http://{}{}", caller.called().1, ask.path).parse().map_err(io::Error::other)?;
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(ask.method.as_bytes()).map_err(io::Error::other)?;
    *request.uri_mut() = uri;
    *request.headers_mut() = map(ask.headers);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = async {
        let (mut sender, connection) = client::handshake(tokio::net::TcpStream::from_std(stream)?).await.map_err(io::Error::other)?;
        tokio::spawn(async move { drop(connection.await) });
        let is_head = ask.body.is_none() && ask.trailers.is_empty();
        let (response, sending) = sender.send_request(request, is_head).map_err(io::Error::other)?;
        if !is_head {
            send(sending, ask.body, ask.trailers).map_err(io::Error::other)?;
        }
        let (head, body) = response.await.map_err(io::Error::other)?.into_parts();
        told(vec![format!(":status: {}", head.status.as_u16())], &head.headers, body).await.map_err(io::Error::other)
    };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) })
}

/// Serves one connection to its end.
pub(super) fn serve(stream: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = server::handshake(tokio::net::TcpStream::from_std(stream)?).await.map_err(io::Error::other)?;
        while let Some(request) = connection.accept().await {
            let (request, respond) = request.map_err(io::Error::other)?;
            let shared = shared.clone();
            tokio::spawn(async move { drop(answer(request, respond, &shared).await) });
        }
        Ok(())
    })
}

async fn answer(request: Request<RecvStream>, mut respond: server::SendResponse<Bytes>, shared: &Shared) -> Result<(), h2::Error> {
    let (head, body) = request.into_parts();
    let said = |part: Option<&str>| part.unwrap_or_default().to_owned();
    let target = head.uri.path_and_query().map(|target| target.as_str());
    let first = format!(
        ":method: {} :scheme: {} :authority: {} :path: {}",
        head.method,
        said(head.uri.scheme_str()),
        said(head.uri.authority().map(|authority| authority.as_str())),
        said(target)
    );
    let request = told(vec![first], &head.headers, body).await?;
    let answer = match shared.note(request) {
        Says::Http2(answer) => answer,
        Says::Nothing => return std::future::poll_fn(|context| respond.poll_reset(context)).await.map(drop),
        // A stream that is given up is reset.
        Says::Stays(_) | Says::Ends(_) => return Ok(()),
    };
    let mut response = Response::new(());
    *response.status_mut() = answer.status.try_into().unwrap_or_default();
    *response.headers_mut() = map(answer.headers);
    let is_head = answer.body.is_none() && answer.trailers.is_empty();
    let sending = respond.send_response(response, is_head)?;
    if is_head { Ok(()) } else { send(sending, answer.body, answer.trailers) }
}

fn send(mut sending: h2::SendStream<Bytes>, body: Option<&'static str>, trailers: Headers) -> Result<(), h2::Error> {
    if let Some(body) = body {
        sending.send_data(Bytes::from_static(body.as_bytes()), trailers.is_empty())?;
    }
    if trailers.is_empty() { Ok(()) } else { sending.send_trailers(map(trailers)) }
}

/// Reads the rest of a message.
async fn told(mut head: Vec<String>, headers: &HeaderMap, mut body: RecvStream) -> Result<Told, h2::Error> {
    head.extend(lines(headers));
    if body.is_end_stream() {
        head.push("~ the head is all".to_owned());
    }
    let mut bytes = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        body.flow_control().release_capacity(piece.len())?;
        bytes.extend_from_slice(&piece);
    }
    let trailers = body.trailers().await?.map(|trailers| lines(&trailers)).unwrap_or_default();
    Ok(Told { head, body: text(&bytes), trailers })
}

fn lines(headers: &HeaderMap) -> Vec<String> {
    headers.iter().map(|(name, value)| format!("{name}: {}", text(value.as_bytes()))).collect()
}

fn map(headers: Headers) -> HeaderMap {
    headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}
