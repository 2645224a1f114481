//! Where a number of calls would go, for machines.

use schemars::JsonSchema;
use serde::Serialize;

use super::effect::RequestAnswer;
use super::{Answer, DecisionAnswer};
use crate::eval::{Decision, Request, sample};

/// Where calls like one go: by the policy, and by what each mesh gets for it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Simulation {
    /// The call.
    pub request: RequestAnswer,
    /// How many times it is made.
    pub requests: u64,
    /// What the sample begins with: the same seed gives the same counts everywhere.
    pub seed: u64,
    /// By the policy as it is written.
    pub neutral: SimulatedAnswer,
    /// By the objects of each mesh that was asked.
    pub backends: Vec<BackendSimulation>,
}

impl Answer for Simulation {
    const KIND: &'static str = "Simulation";
}

/// What one mesh does with the calls.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BackendSimulation {
    /// The mesh.
    pub name: &'static str,
    /// What its objects decide; absent where nothing is written for it, as it would allow more than the policy says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<SimulatedAnswer>,
    /// Codes of losses on the objects that have to do with the call, or why nothing is written.
    pub codes: Vec<&'static str>,
}

/// A decision, and a sample of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SimulatedAnswer {
    /// Who answers which share, exactly, and why.
    pub decision: DecisionAnswer,
    /// A sample by these shares, in their order.
    pub sample: Vec<CountAnswer>,
}

/// What one outcome got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CountAnswer {
    /// By the words of `shares`.
    pub to: String,
    /// How many requests.
    pub count: u64,
}

impl Simulation {
    /// Of the decision of the policy, and those of meshes by their names with codes; `None`: nothing is written.
    pub fn of(
        request: &Request,
        (requests, seed): (u64, u64),
        neutral: &Decision,
        backends: &[(&'static str, Option<Decision>, Vec<&'static str>)],
    ) -> Self {
        let simulated = |decision: &Decision| SimulatedAnswer {
            decision: decision.into(),
            sample: sample(decision, requests, seed).into_iter().map(|(who, count)| CountAnswer { to: who.short(), count }).collect(),
        };
        let backend = |(name, decision, codes): &(&'static str, Option<Decision>, Vec<&'static str>)| BackendSimulation {
            name,
            simulated: decision.as_ref().map(simulated),
            codes: codes.clone(),
        };
        let backends = backends.iter().map(backend).collect();
        Self { request: request.into(), requests, seed, neutral: simulated(neutral), backends }
    }
}
