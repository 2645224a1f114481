//! `meshglot render`.

use clap::Args;

use super::{Choice, Input};

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot render -f policies/ --backend istio
  cat policies/*.yaml | meshglot render -f - --backend consul --format config-entries -o json
  meshglot render -f policies/ --backend all -o dir=rendered

Exit codes: 0 all rendered, 1 something is refused or lost and not accepted, 2 usage, 3 input is
invalid, 6 a file in the way.";

/// `meshglot render`.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Backend.
    #[command(flatten)]
    pub choice: Choice,
    /// yaml, json, name, or dir=PATH to write files
    #[arg(short, long, default_value = "yaml", value_name = "FORMAT")]
    pub output: String,
    /// Another form of the output where the backend has one: config-entries (Consul without Kubernetes)
    #[arg(long, value_name = "NAME")]
    pub format: Option<String>,
    /// Say above each object which neutral field each of its fields came from
    #[arg(long)]
    pub provenance: bool,
    /// Write nothing for a mesh that is not proved to do what the policy says
    #[arg(long)]
    pub verify: bool,
}
