//! Where rendered objects are kept: in the cluster, or on a Consul server.

use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use meshglot_translator::diff::Shape;
use meshglot_translator::ir::Kind;
use meshglot_translator::render::{Backend, ObjectId};
use meshglot_translator::status::Applied;
use serde_json::Value;
use tokio::time::sleep;

use crate::answer::Answer;
use crate::consul::{self, Address, ENTRIES, Server, cluster, meshes};
use crate::core::{Core, Kept};
use crate::kinds::Watched;
use crate::live::Live;
use crate::owner::Owners;
use crate::write;
use crate::{Settings, Told};

/// How often it is looked again for what is missing at the start.
const LOOK: Duration = Duration::from_secs(2);

/// Where rendered objects are kept.
#[derive(Clone)]
pub(crate) enum Place {
    /// In the cluster itself.
    Cluster,
    /// As config entries on a Consul server.
    Consul(Arc<Server>),
}

impl Place {
    /// The Consul server that keeps objects of a kind, if one does.
    pub(crate) fn server(&self, kind: &Watched) -> Option<&Arc<Server>> {
        match self {
            Self::Consul(server) if kind.backend.is_some_and(has_entries) => Some(server),
            Self::Consul(_) | Self::Cluster => None,
        }
    }

    /// Whether they have a config entry in the place of their `spec`.
    pub(crate) fn has_entries(&self) -> bool {
        matches!(self, Self::Consul(_))
    }

    /// Where they are kept by what is set and by what the Meshes of the cluster say; it waits until that is known.
    pub(crate) async fn find(client: &Client, settings: &Settings, tell: &(dyn Fn(Told) + Send + Sync)) -> Self {
        if !settings.chosen.backends().iter().copied().any(has_entries) {
            return Self::Cluster;
        }
        let mut told = String::new();
        loop {
            settings.signs.pulse.beat(&[], std::iter::empty());
            match Self::look(client, settings).await {
                Ok(place) => return place,
                Err(why) if why == told => {}
                Err(why) => {
                    tell(Told::Trouble(why.clone()));
                    told = why;
                }
            }
            sleep(LOOK).await;
        }
    }

    async fn look(client: &Client, settings: &Settings) -> Result<Self, String> {
        let address = match &settings.consul.address {
            Some(url) => Some(Address { url: url.clone(), datacenter: None }),
            None => Address::of(meshes(client).await?.iter())?,
        };
        let Some(address) = address else { return Ok(Self::Cluster) };
        let cluster = cluster(client).await?;
        Ok(Self::Consul(Arc::new(Server::new(address, &settings.consul, cluster)?)))
    }

    /// Whether the Meshes say something else by now.
    pub(crate) fn is_elsewhere(&self, owners: &Owners, settings: &Settings) -> bool {
        if settings.consul.address.is_some() || !settings.chosen.backends().iter().copied().any(has_entries) {
            return false;
        }
        let known = match self {
            Self::Cluster => None,
            Self::Consul(server) => Some(&server.address),
        };
        Address::of(owners.meshes()).as_ref().map(Option::as_ref) != Ok(known)
    }
}

/// Whether a Consul server may keep what a backend renders.
fn has_entries(backend: &'static dyn Backend) -> bool {
    backend.formats().contains(&ENTRIES)
}

/// Writes objects to where they are kept.
pub(crate) enum Writer {
    Cluster(Box<write::Writer>),
    Consul(consul::Writer),
}

impl Writer {
    /// Writes an object; `known`: the version that is known as ours.
    pub(crate) async fn apply(self, id: ObjectId, body: Arc<Value>, known: Option<u64>) -> Answer {
        match self {
            Self::Cluster(writer) => writer.apply(id, body, known.is_some()).await,
            Self::Consul(writer) => writer.apply(id, body, known).await,
        }
    }

    /// Deletes an object, if it is still the one that is known.
    pub(crate) async fn delete(self, id: ObjectId, live: Live) -> Answer {
        match self {
            Self::Cluster(writer) => writer.delete(id, live.uid()).await,
            Self::Consul(writer) => writer.delete(id, live).await,
        }
    }
}

impl Core {
    /// Whether what is rendered is kept somewhere else by now.
    pub(crate) fn is_moved(&self) -> bool {
        let is_known = self.kinds.iter().zip(&self.kept).all(|(kind, kept)| kind.read() != Some(Kind::Mesh) || kept.is_listed);
        is_known && self.policy.has_edits() && self.place.is_elsewhere(&self.owners, &self.settings)
    }

    /// `None`: nothing may be written.
    pub(crate) fn writer(&self, id: &ObjectId) -> Option<Writer> {
        let (kind, kept) = self.kept_of(id)?;
        let resource = kept.resource.clone()?;
        Some(match self.place.server(kind) {
            None => Writer::Cluster(Box::new(self.writer_of(resource, kind.backend?.name())?)),
            Some(server) => Writer::Consul(consul::Writer { server: server.clone(), until: self.until()? }),
        })
    }

    /// Why there is nobody who would take such an object.
    pub(crate) fn absence(&self, id: &ObjectId) -> Option<Applied> {
        let kept = self.kept_of(id).map(|(_, kept)| kept);
        if let Some(away) = kept.and_then(|kept| kept.away.clone()) {
            return Some(away);
        }
        let is_there = kept.is_some_and(|kept| kept.resource.is_some());
        (!is_there).then(|| Applied::Pending(format!("{} ({}) is not installed", id.kind, id.api_version)))
    }

    /// When its kind is written among others, where that matters: Consul refuses what is not there yet, or still needed.
    pub(crate) fn turn(&self, id: &ObjectId) -> Option<usize> {
        let (kind, _) = self.kept_of(id)?;
        self.place.server(kind)?;
        kind.backend?.kinds().iter().position(|kind| kind.kind == id.kind)
    }

    /// How an object is compared with what is wanted.
    pub(crate) fn shape(&self, id: &ObjectId) -> Shape {
        let kind = self.kept_of(id).map(|(kind, _)| kind).filter(|kind| self.place.server(kind).is_none());
        kind.and_then(|kind| kind.backend).map_or(Shape::PLAIN, |backend| backend.shape(id))
    }

    /// The backend that renders such objects.
    pub(crate) fn backend_of(&self, id: &ObjectId) -> Option<&'static str> {
        self.kept_of(id)?.0.backend.map(Backend::name)
    }

    fn kept_of(&self, id: &ObjectId) -> Option<(&Watched, &Kept)> {
        self.kinds.iter().zip(&self.kept).find(|(kind, _)| kind.has(id))
    }
}
