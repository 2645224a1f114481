//! What a difference does: who may call what now and could not before, and whose share of the traffic is another one.
//!
//! Two readings are asked about one request of each sort ([`sorts`](crate::sorts)): the policy before and after an edit,
//! two meshes, or a policy and a mesh. Callers are taken together as far as policy tells them apart, and ports of which
//! both policies say the same are not asked about at all, so that what an edit does is known at once.

mod alike;
mod allowance;
mod entrance;
mod labels;
mod matrix;
mod party;
mod pattern;
mod port;
mod side;
mod tally;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::eval::{Decision, Evaluate, Fraction, Outcome, Request};
use crate::ir::ServiceKey;
use crate::render::Target;
use crate::resolve::Model;
use crate::sorts::Doubt;

pub use allowance::{Allowance, Allowed};
pub use entrance::{Entrance, Entrances};
pub use matrix::{Cell, Column, Matrix};
pub use party::Party;
pub use pattern::{Pattern, Requests};
use port::look;
use side::Reader;
pub use words::{AccessWords, ShareWords};

/// One state: a model and a reading of it.
pub struct Side<'s> {
    /// The policy and what runs.
    pub model: &'s Model,
    /// Who decides.
    pub reading: &'s dyn Evaluate,
    /// The mesh that `reading` reads, and which policy goes to it; `None`: it is the neutral reading of the model.
    pub mesh: Option<(&'static str, &'s Target)>,
}

/// How closely to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most requests that are tried for one port of one Service.
    pub limit: usize,
    /// Where a mesh is asked, of all callers those alone that rules name, and one that none does. Else every known
    /// account calls, as meshes may tell accounts apart that the policy does not.
    pub named_only: bool,
    /// The Services to look at; `None`: all.
    pub services: Option<BTreeSet<ServiceKey>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { limit: 100_000, named_only: false, services: None }
    }
}

/// What came out; every list in a stable order.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// Pairs of a caller and a port of a Service, callers taken together as [`Party`] does.
    pub compared: usize,
    /// Pairs of these that cannot be asked about: SPIFFE IDs of other trust domains on a mesh.
    pub unasked: usize,
    /// Who gained or lost requests; by Service, port and caller.
    pub access: Vec<AccessChange>,
    /// Whose share is another one; by Service, port and who answers.
    pub shares: Vec<ShareChange>,
    /// Ports that could not be decided; what else is told of them may not be all.
    pub doubts: Vec<Uncertain>,
    /// Whom rules of either side name, at ports of which something is told of [`Party::Others`].
    pub named: BTreeMap<(ServiceKey, u16), BTreeSet<Party>>,
}

impl Effect {
    /// Whether both sides were shown to do the same.
    pub fn is_none(&self) -> bool {
        self.access.is_empty() && self.shares.is_empty() && self.doubts.is_empty()
    }
}

/// On which side a Service port is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// On both.
    Kept,
    /// It is new: what is answered there was not before.
    Added,
    /// It is gone.
    Removed,
}

impl Presence {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kept, Self::Added, Self::Removed];

    /// For people and machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// A caller gained or lost requests to a port.
#[derive(Clone, Debug)]
pub struct AccessChange {
    /// Who calls.
    pub party: Party,
    /// Of [`Party::Others`], those known for whom it is not so: a mesh tells them apart, the policy does not.
    pub except: Vec<Party>,
    /// Who is called.
    pub service: ServiceKey,
    /// On which port.
    pub port: u16,
    /// Nobody answered, and somebody does now; else the reverse.
    pub gained: bool,
    /// Whether the port itself is new or gone.
    pub presence: Presence,
    /// Which requests, in the words of the policy of the side on which they are answered; sorted.
    pub requests: Vec<Requests>,
    /// Sorts of requests besides these, of which no rule speaks.
    pub more: usize,
    /// Whether nothing else is answered on the other side: the caller had or has nothing there.
    pub entire: bool,
    /// One that is decided so.
    pub example: Request,
    /// What became of it, and the rule that decided.
    pub from: Decision,
    /// What becomes of it.
    pub to: Decision,
}

/// A share of the traffic of a port is another one.
#[derive(Clone, Debug)]
pub struct ShareChange {
    /// Who is called.
    pub service: ServiceKey,
    /// On which port.
    pub port: u16,
    /// Who answers, or how it ends.
    pub target: Outcome,
    /// Which share it had.
    pub from: Fraction,
    /// Which it has.
    pub to: Fraction,
    /// Of which requests, as the splits tell them apart; sorted.
    pub requests: Vec<Requests>,
    /// Whose requests; sorted.
    pub parties: Vec<Party>,
    /// Whether it is so for everybody who is answered on both sides.
    pub everyone: bool,
    /// One that is shared so.
    pub example: Request,
}

/// A port that could not be decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uncertain {
    /// The Service.
    pub service: ServiceKey,
    /// Its port.
    pub port: u16,
    /// Why.
    pub why: Why,
}

/// Why a port could not be decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// There are too many sorts of requests.
    Sorts(Doubt),
    /// A reading does not know what its mesh does with this request.
    Unread(Box<Request>),
}

/// Tells the difference between two sides.
pub fn effect(from: &Side<'_>, to: &Side<'_>, options: &Options) -> Effect {
    let sides = [Reader::of(from), Reader::of(to)];
    let mesh = sides.iter().any(Reader::is_mesh);
    let known = if mesh && !options.named_only { sides.iter().map(Reader::known).collect() } else { Vec::new() };
    let mut effect = Effect::default();
    for service in services(&sides, options) {
        if sides.iter().all(|side| side.covers(&service.namespace)) {
            look(&service, &sides, &known, options, &mut effect);
        }
    }
    effect
}

/// The Services of both sides, by namespace and name.
fn services(sides: &[Reader<'_>; 2], options: &Options) -> BTreeSet<ServiceKey> {
    let all = sides.iter().flat_map(|side| side.entrances.inventory().services()).map(|service| service.key.clone());
    all.filter(|key| options.services.as_ref().is_none_or(|wanted| wanted.contains(key))).collect()
}

#[cfg(test)]
mod tests;
