//! A Kubernetes cluster as one command asks it: found as kubectl finds it, asked one thing after another.

mod events;
mod failure;
mod held;
mod managers;
mod named;
mod objects;
mod rendered;
mod resource;
mod source;
mod write;

use std::future::Future;

use meshglot_controller::{ReadError, Reader, connect};
use meshglot_translator::ir::Kind;
use tokio::runtime::Runtime;

use crate::args::ClusterArgs;
use crate::controller::cannot_connect;
use crate::exit::Failure;

pub(crate) use events::{ObjectEvent, ObjectEvents};
pub(crate) use failure::failed;
pub(crate) use held::{Held, held};
pub(crate) use managers::{edited, managers};
pub(crate) use named::{ambiguous, named};
pub(crate) use rendered::{Lives, Mesh, wanted_of};
pub(crate) use resource::resource;
pub(crate) use source::{Asked, asked};
pub(crate) use write::{Conflict, conflicts, told};

/// A cluster, and the runtime in which it is asked.
pub(crate) struct Cluster {
    runtime: Runtime,
    pub(crate) reader: Reader,
    /// The URL of its API server.
    pub(crate) address: String,
}

impl Cluster {
    /// The cluster that the flags name, else the one that kubectl would ask. It has answered.
    pub(crate) fn of(args: &ClusterArgs) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let connected = runtime.block_on(connect(args.kubeconfig.as_deref(), args.context.as_deref()));
        let (client, address) = connected.map_err(|error| cannot_connect(&error))?;
        Ok(Self { runtime, reader: Reader { client, patience: args.request_timeout }, address })
    }

    /// The namespace of the context.
    pub(crate) fn namespace(&self) -> &str {
        self.reader.client.default_namespace()
    }

    /// Whether a namespace is there.
    pub(crate) fn has_namespace(&self, name: &str) -> Result<bool, Failure> {
        let Some(kind) = self.read(self.reader.kind(Kind::Namespace))? else { return Ok(false) };
        Ok(self.read(self.reader.get(&kind.api, "", name))?.is_some())
    }

    /// Waits for an answer.
    pub(crate) fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// The same of one that may not be had.
    pub(crate) fn read<T>(&self, answer: impl Future<Output = Result<T, ReadError>>) -> Result<T, Failure> {
        self.wait(answer).map_err(|error| failed(&error.what, &error.source))
    }
}
