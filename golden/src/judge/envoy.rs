//! Envoy's judgement of the built-in mesh: `envoy --mode validate` on static bootstraps.

use super::bootstrap::{Bootstrap, bootstraps};
use super::identity::Identity;
use super::{Absent, Verdict, peer, stream};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// The judge of Envoy resources: one short process per workload of a stream.
#[derive(Debug)]
pub struct Envoy {
    program: PathBuf,
    identity: Identity,
    /// What Envoy said of a bootstrap: goldens with one inventory repeat many of them.
    said: Mutex<HashMap<String, Option<String>>>,
}

impl Envoy {
    /// Finds the program and makes the certificates that stand in for the mesh's own.
    ///
    /// # Errors
    /// It is not installed, or no certificate can be made.
    pub fn start() -> Result<Self, Absent> {
        let program = peer::program("envoy")?;
        let identity = Identity::new().map_err(|error| Absent { peer: "envoy", why: error.to_string() })?;
        Ok(Self { program, identity, said: Mutex::default() })
    }

    /// Judges the golden form of the built-in mesh: a YAML stream of `{workload, "@type",
    /// resource}`. Besides Envoy's own checks, everything that a resource names must be in the
    /// stream; only a share of weight 0 may name a cluster that is not.
    pub fn judge(&self, golden: &str) -> Verdict {
        let stream = match stream::read(golden) {
            Ok(stream) => stream,
            Err(findings) => return Verdict::of(findings),
        };
        let (bootstraps, mut findings) = bootstraps(&stream, &self.identity);
        for bootstrap in bootstraps {
            match self.validate(&bootstrap) {
                Ok(None) => {}
                Ok(Some(words)) => findings.push(format!("{}: {words}", bootstrap.name)),
                Err(error) => findings.push(format!("{}: envoy did not run: {error}", bootstrap.name)),
            }
        }
        Verdict::of(findings)
    }

    fn validate(&self, bootstrap: &Bootstrap) -> io::Result<Option<String>> {
        let text = bootstrap.json.to_string();
        // A panic elsewhere cannot leave a wrong answer behind: answers are put in whole.
        let known = || self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(said) = known().get(&text) {
            return Ok(said.clone());
        }
        let said = self.run(&text)?;
        known().insert(text, said.clone());
        Ok(said)
    }

    fn run(&self, bootstrap: &str) -> io::Result<Option<String>> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(FILE), bootstrap)?;
        let output = peer::run(
            Command::new(&self.program)
                .args(["--mode", "validate", "-c", FILE, "--log-level", "error", "--log-format", "%v"])
                .args(["--disable-hot-restart", "--concurrency", "1"])
                .current_dir(folder.path()),
        )?;
        if output.status.success() {
            return Ok(None);
        }
        let said = [output.stderr, output.stdout].concat();
        // Protobuf puts spaces into its messages at random.
        let said = String::from_utf8_lossy(&said).split_whitespace().collect::<Vec<_>>().join(" ");
        let words = said.trim_start_matches(&format!("error initializing configuration '{FILE}': "));
        // Some messages repeat the whole bootstrap, which begins so.
        let words = words.split("{\"layered_runtime\"").next().unwrap_or_default().trim_end_matches([':', ' ']);
        Ok(Some(if words.is_empty() { format!("ended with {}", output.status) } else { words.to_owned() }))
    }
}

const FILE: &str = "bootstrap.json";
