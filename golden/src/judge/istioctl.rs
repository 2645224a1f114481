//! Istio's judgement: `istioctl validate` for single objects, Istio's analyzers for how they
//! stand together.

use super::dialogue::Dialogue;
use super::{Absent, Verdict, peer};
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Output};

/// Findings that tell of the manifests' surroundings and not of what we render.
/// Findings of level Info are advice (a namespace without injection, a port's name, an alpha
/// annotation, a match that an earlier one covers) and never refuse; Error and Warning do.
const NOISE: [&str; 2] = [
    "IST0103", // a pod without sidecar: manifests are written before injection
    "IST0175", // a setting of istiod on JWKS addresses: no object carries it
];

/// The judge of Istio's objects.
#[derive(Debug)]
pub struct Istioctl {
    /// One short process a call, about 60 ms.
    validate: PathBuf,
    /// `hack/peers/istioctl/istiocheck`: about 10 ms a call.
    analyze: Dialogue,
}

impl Istioctl {
    /// Finds the programs.
    ///
    /// # Errors
    /// One is not installed.
    pub fn start() -> Result<Self, Absent> {
        let absent = |why: String| Absent { peer: "istioctl", why };
        let validate = peer::program("istioctl")?;
        let analyze = peer::program("istiocheck").map_err(|missing| absent(format!("istiocheck {}", missing.why)))?;
        let analyze = Dialogue::start(&mut Command::new(analyze)).map_err(|error| absent(error.to_string()))?;
        Ok(Self { validate, analyze })
    }

    /// Judges each object of a stream by itself, as Istio's admission webhook does. Kinds that
    /// are not Istio's pass.
    pub fn validate(&self, yaml: &str) -> Verdict {
        match self.run(&["validate", "-f", FILE], yaml) {
            Ok(output) if output.status.success() => Verdict::Accepted,
            Ok(output) => Verdict::of(lines(&output)),
            Err(error) => Verdict::Refused(format!("istioctl did not run: {error}")),
        }
    }

    /// Judges rendered objects together with the inventory they speak of (Services, Deployments,
    /// Namespaces): conflicts, missing destinations, rules that cannot be reached. Each finding is
    /// a line that begins `Error IST0101` or `Warning IST0127`.
    pub fn analyze(&self, rendered_and_inventory: &str) -> Verdict {
        let answer = match self.analyze.ask(&json!({"text": rendered_and_inventory})) {
            Ok(answer) => answer,
            Err(error) => return Verdict::Refused(format!("istiocheck did not answer: {error}")),
        };
        match (answer["error"].as_str(), answer["findings"].as_array()) {
            (None, Some(findings)) => Verdict::of(findings.iter().filter(|finding| refuses(finding)).map(words).collect()),
            (Some(error), _) => Verdict::Refused(error.split_whitespace().collect::<Vec<_>>().join(" ")),
            (None, None) => Verdict::Refused(format!("istiocheck answered {answer}")),
        }
    }

    fn run(&self, arguments: &[&str], yaml: &str) -> io::Result<Output> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(FILE), yaml)?;
        // No cluster and no settings of this user may have a say.
        peer::run(
            Command::new(&self.validate)
                .args(arguments)
                .current_dir(folder.path())
                .env("HOME", folder.path())
                .env("TERM", "dumb")
                .env_remove("KUBECONFIG"),
        )
    }
}

const FILE: &str = "rendered.yaml";

fn refuses(finding: &Value) -> bool {
    let is = |key: &str, values: &[&str]| finding[key].as_str().is_some_and(|value| values.contains(&value));
    !is("level", &["Info"]) && !is("code", &NOISE)
}

fn words(finding: &Value) -> String {
    let text = |key: &str| finding[key].as_str().unwrap_or("?").to_owned();
    format!("{} {} {}: {}", text("level"), text("code"), text("origin"), text("message"))
}

fn lines(output: &Output) -> Vec<String> {
    let said = [output.stderr.as_slice(), output.stdout.as_slice()].concat();
    let lines: Vec<String> = String::from_utf8_lossy(&said)
        .lines()
        .map(|line| line.trim().trim_start_matches("* ").to_owned())
        .filter(|line| !line.is_empty() && !line.ends_with("error occurred:") && !line.ends_with("errors occurred:"))
        .collect();
    if lines.is_empty() { vec![format!("istioctl ended with {}", output.status)] } else { lines }
}
