//! Kubernetes' judgement: the schemas and CEL rules of CustomResourceDefinitions, through
//! `hack/peers/crdcheck`, which takes the API server's own way on creation.

use super::dialogue::Dialogue;
use super::{Absent, Verdict, peer};
use serde_json::{Value, json};
use std::process::Command;

/// The judge of objects by their definitions: one process for all calls, about 1 ms each (up to
/// 50 ms at the first object of a kind, whose rules are compiled then).
#[derive(Debug)]
pub struct CrdJudge {
    program: Dialogue,
}

impl CrdJudge {
    /// Starts with the definitions of `sets`: `istio`, `linkerd`, `gateway-api`, `consul`, `smi`.
    ///
    /// # Errors
    /// The program or one of the sets is not there.
    pub fn start(sets: &[&str]) -> Result<Self, Absent> {
        let absent = |why: String| Absent { peer: "crd", why };
        let program = peer::program("crdcheck").map_err(|missing| absent(missing.why))?;
        let folders = sets.iter().map(|set| peer::definitions("crd", set)).collect::<Result<Vec<_>, _>>()?;
        let program = Dialogue::start(Command::new(program).args(folders)).map_err(|error| absent(error.to_string()))?;
        let judge = Self { program };
        // An empty stream is answered as soon as all definitions are read.
        judge.judge("").into_result().map_err(absent)?;
        Ok(judge)
    }

    /// Judges definitions as the API server does when they are created, and keeps them for the
    /// objects to come.
    pub fn add(&self, definitions: &str) -> Verdict {
        self.ask(&json!({"crds": definitions}))
    }

    /// Judges every document of rendered output. Kubernetes' own kinds (core, apps, batch,
    /// discovery, networking) are checked for unknown fields and wrong types only; any other kind
    /// without a definition is refused.
    pub fn judge(&self, yaml: &str) -> Verdict {
        self.ask(&json!({"text": yaml}))
    }

    /// Judges what a person writes: like [`Self::judge`], but an object without a namespace goes
    /// to `default`, as a client would send it.
    pub fn judge_input(&self, yaml: &str) -> Verdict {
        self.ask(&json!({"text": yaml, "namespace": "default"}))
    }

    fn ask(&self, question: &Value) -> Verdict {
        match self.program.ask(question) {
            Ok(answer) => Verdict::of(errors_of(&answer)),
            Err(error) => Verdict::Refused(format!("crdcheck did not answer: {error}")),
        }
    }
}

fn errors_of(answer: &Value) -> Vec<String> {
    let text = |error: &Value| error.as_str().map_or_else(|| error.to_string(), str::to_owned);
    let errors: Vec<String> = answer["errors"].as_array().into_iter().flatten().map(text).collect();
    if errors.is_empty() && answer["ok"] != true { vec![format!("crdcheck answered {answer}")] } else { errors }
}
