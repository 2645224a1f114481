//! One side of a comparison, ready to be asked.

use std::sync::Arc;

use super::Side;
use super::entrance::{Entrance, Entrances};
use super::party::Party;
use super::pattern::Pattern;
use crate::eval::neutral::Ruling;
use crate::eval::{Admission, Caller, Decision, Request, Verdict};
use crate::ir::{AccountKey, ObjectKey, Service, ServiceKey};
use crate::resolve::View;
use crate::verify::{callers, protocol};

/// A side, and what is known about its model.
pub(super) struct Reader<'s> {
    side: &'s Side<'s>,
    pub(super) entrances: Entrances<'s>,
}

impl<'s> Reader<'s> {
    pub(super) fn of(side: &'s Side<'s>) -> Self {
        Self { side, entrances: Entrances::of(side.model) }
    }

    pub(super) fn is_mesh(&self) -> bool {
        self.side.mesh.is_some()
    }

    /// A look at the model, short enough that it does not remember much.
    fn view(&self) -> View<'s> {
        match self.side.mesh {
            Some((backend, target)) => View::for_target(self.side.model, backend, target),
            None => View::new(self.side.model),
        }
    }

    /// Whether it decides about Services of a namespace: a mesh does for those it has.
    pub(super) fn covers(&self, namespace: &Arc<str>) -> bool {
        self.side.mesh.is_none() || self.view().target_mesh(namespace).is_some()
    }

    /// What becomes of a request of a party; `None`: it cannot be asked for those. Where the Service is not there
    /// nobody answers.
    pub(super) fn decide(&self, entrance: Option<&Entrance>, party: &Party, request: &Request) -> Option<Decision> {
        if entrance.is_none() {
            return Some(Decision::ended(Verdict::Error));
        }
        match party.id() {
            Some(id) => self.side.reading.evaluate_as(id, request),
            None => Some(self.side.reading.evaluate(request)),
        }
    }

    /// What the policy of this side says.
    pub(super) fn ruling(&self, party: &Party, request: &Request) -> Ruling {
        self.entrances.neutral().ruling(request, party.id())
    }

    /// The words of the policy for a request that it lets in; `None`: it does not.
    pub(super) fn words(&self, party: &Party, request: &Request, tcp: bool) -> Option<Pattern> {
        Some(match self.ruling(party, request).admission? {
            Admission::Rule(_, Some(by)) => Pattern::of(&by),
            Admission::Rule(_, None) | Admission::Open => Pattern::everything(tcp),
        })
    }

    /// Whether a port carries requests, which bytes are then not promised to be let in as.
    pub(super) fn speaks_http(&self, entrance: &Entrance) -> bool {
        protocol::speaks_http(entrance.object(), entrance.port(), self.entrances.inventory(), &self.view())
    }

    /// A workload that runs as an account.
    pub(super) fn workload_of(&self, account: &AccountKey) -> Option<ObjectKey> {
        self.view().workloads_of(account).first().map(|workload| workload.key.clone())
    }

    /// Everybody with a proxy who is known.
    pub(super) fn known(&self) -> Vec<Caller> {
        callers::known(self.entrances.neutral(), &self.view())
    }

    /// Those of them who may call Services in a namespace, and one without a proxy.
    pub(super) fn callers(&self, known: &[Caller], namespace: &Arc<str>) -> Vec<Caller> {
        callers::of(known, &self.view(), namespace)
    }

    pub(super) fn service(&self, key: &ServiceKey) -> Option<&Arc<Service>> {
        self.entrances.inventory().service(key)
    }
}
