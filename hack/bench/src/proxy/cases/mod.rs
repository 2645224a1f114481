//! What is measured, one table each.

mod forwarding;
mod memory;
mod rules;

use std::io;

use super::contender::Sort;
use super::options::Options;

/// A case by its name on the command line.
pub(crate) type Case = (&'static str, fn(&Options) -> io::Result<()>);

/// All of them, in the order in which they run.
pub(crate) const ALL: [Case; 7] = [
    ("http1", |options| forwarding::run("HTTP/1.1, keep-alive, 1 KiB, plain", Sort::Plain, options)),
    ("mtls", |options| forwarding::run("HTTP/1.1, 1 KiB, mutual TLS between two sidecars (both counted)", Sort::Mutual, options)),
    ("http2", |options| forwarding::run("HTTP/2 without TLS, 1 KiB, 4 connections of 32 streams", Sort::Http2, options)),
    ("grpc", |options| forwarding::run("gRPC, unary, 1 KiB back, trailers", Sort::Grpc, options)),
    ("tcp", |options| forwarding::run("Bytes, 4 connections", Sort::Bytes, options)),
    ("rules", rules::run),
    ("memory", memory::run),
];
