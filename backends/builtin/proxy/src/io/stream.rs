//! One end of a connection, in plain or in TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::{client, server};

use super::activity::Activity;
use super::rewind::Rewind;

/// A connection. What passes is told to its activity.
pub(crate) struct Stream {
    kind: Kind,
    activity: Arc<Activity>,
}

enum Kind {
    Plain(Rewind<TcpStream>),
    Server(Box<server::TlsStream<Rewind<TcpStream>>>),
    Client(Box<client::TlsStream<TcpStream>>),
}

impl Stream {
    /// One that came, in plain.
    pub(crate) fn plain(stream: Rewind<TcpStream>, activity: Arc<Activity>) -> Self {
        Self { kind: Kind::Plain(stream), activity }
    }

    /// One that came, in TLS.
    pub(crate) fn server(stream: server::TlsStream<Rewind<TcpStream>>, activity: Arc<Activity>) -> Self {
        Self { kind: Kind::Server(Box::new(stream)), activity }
    }

    /// One that was made, in TLS.
    pub(crate) fn client(stream: client::TlsStream<TcpStream>, activity: Arc<Activity>) -> Self {
        Self { kind: Kind::Client(Box::new(stream)), activity }
    }
}

/// Calls a method of whatever the stream is.
macro_rules! each {
    ($self:expr, $stream:ident => $call:expr) => {
        match &mut $self.get_mut().kind {
            Kind::Plain($stream) => $call,
            Kind::Server($stream) => $call,
            Kind::Client($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let this = self.get_mut();
        let polled = match &mut this.kind {
            Kind::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Kind::Server(stream) => Pin::new(stream).poll_read(context, buffer),
            Kind::Client(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        if buffer.filled().len() > before {
            this.activity.came();
        }
        polled
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(context))
    }

    fn poll_write_vectored(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write_vectored(context, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.kind {
            Kind::Plain(stream) => stream.is_write_vectored(),
            Kind::Server(stream) => stream.is_write_vectored(),
            Kind::Client(stream) => stream.is_write_vectored(),
        }
    }
}
