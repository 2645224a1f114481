//! `meshglot test`.

use clap::Args;

use super::Input;
use super::input::backend_name;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot test -f tests/ -f policies/
  meshglot test -f tests/ -f policies/ --backend istio --filter web -o junit

-f takes PolicyTests (docs/policy-tests.md) and policy alike. A PolicyTest may name its policy itself, as `input`.
Each test is held against the policy and against what each mesh gets; one for which nothing would be written fails.
Exit codes: 0 all pass, 1 a test fails, 2 usage, 3 a test or the policy is invalid, or there is no test.";

/// `meshglot test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Only this mesh, whatever the tests name
    #[arg(long, value_name = "NAME", value_parser = backend_name())]
    pub backend: Option<String>,
    /// Only tests with this in their name
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// text, junit or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "junit", "json"], value_name = "FORMAT")]
    pub output: String,
}
