//! Requests on a connection.

mod body;
mod cors;
mod exchange;
mod fault;
mod forward;
mod hash;
mod headers;
mod mirror;
mod path;
mod redirect;
mod replay;
mod reply;
mod retry;
mod rewrite;
mod server;
mod service;
mod upgrade;

pub(crate) use body::RequestBody;
pub(crate) use server::serve;
