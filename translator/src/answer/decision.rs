//! What becomes of one call, for machines.

use schemars::JsonSchema;
use serde::Serialize;

use super::Answer;
use crate::eval::{Decision, Outcome, Verdict};

/// Whether a call is allowed: by the policy, and by what each mesh gets for it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Can {
    /// `yes`: allowed by all that were asked; `no`: by none; `mixed`: by some.
    #[schemars(extend("enum" = ["yes", "no", "mixed"]))]
    pub answer: &'static str,
    /// By the policy as it is written.
    pub neutral: DecisionAnswer,
    /// By the objects of each mesh that was asked.
    pub backends: Vec<BackendDecision>,
}

impl Answer for Can {
    const KIND: &'static str = "Can";
}

/// What one mesh does with the call.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BackendDecision {
    /// The mesh.
    pub name: &'static str,
    /// What its objects decide.
    pub decision: DecisionAnswer,
}

impl Can {
    /// Of the decision of the policy, and those of meshes by their names.
    pub fn of(neutral: &Decision, backends: &[(&'static str, Decision)]) -> Self {
        let decisions = || std::iter::once(neutral).chain(backends.iter().map(|(_, decision)| decision));
        let allowed = decisions().filter(|decision| decision.verdict == Verdict::Allow).count();
        let answer = match allowed {
            0 => "no",
            all if all == decisions().count() => "yes",
            _ => "mixed",
        };
        let backends = backends.iter().map(|(name, decision)| BackendDecision { name, decision: decision.into() });
        Self { answer, neutral: neutral.into(), backends: backends.collect() }
    }

    /// Whether all that were asked allow it.
    pub fn is_yes(&self) -> bool {
        self.answer == "yes"
    }
}

/// What becomes of a request, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DecisionAnswer {
    /// As a whole.
    #[schemars(extend("enum" = Verdict::ALL.map(Verdict::word)))]
    pub verdict: &'static str,
    /// The rule that decided, as its mesh calls it; `null`: the default.
    pub rule: Option<String>,
    /// Who answers which share; together 1 unless the verdict is `unknown`.
    pub shares: Vec<ShareAnswer>,
    /// Rules that nearly decided, and what they missed, nearest first. For people.
    pub misses: Vec<String>,
}

/// A part of the requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShareAnswer {
    /// Who answers: `deployment/NAME` or another workload, `svc/NAME`, or how it ends otherwise, by the words of
    /// `verdict`.
    pub to: String,
    /// Which share of all requests, exactly: `9/10`.
    #[schemars(regex(pattern = "^[0-9]+/[0-9]+$"))]
    pub share: String,
}

impl From<&Decision> for DecisionAnswer {
    fn from(decision: &Decision) -> Self {
        let Decision { verdict, shares, rule, misses } = decision;
        let shares = shares.iter().map(|(who, share)| ShareAnswer { to: who.short(), share: share.to_string() });
        Self { verdict: verdict.word(), rule: rule.clone(), shares: shares.collect(), misses: misses.clone() }
    }
}

impl Outcome {
    /// As an answer names it, without its namespace: `deployment/web-v1`, `svc/web`, `deny`.
    pub fn short(&self) -> String {
        match self {
            Self::Workload(key) => format!("{}/{}", key.kind.name().to_lowercase(), key.name),
            Self::Service(key) => format!("svc/{}", key.name),
            Self::Ended(verdict) => verdict.to_string(),
        }
    }
}
