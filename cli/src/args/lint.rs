//! `meshglot lint`.

use clap::{Args, ValueEnum};
use meshglot_translator::lint::Ignore;

use super::{Choice, Input};

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot lint -f policies/
  meshglot lint -f policies/ --backend linkerd --fail-on warning
  meshglot lint -f policies/ -S MG0501,MG0504 -o table
  meshglot lint -f policies/ --backend all --fail-on none -o sarif > lint.sarif
  meshglot lint --list

-S 'MG0204=TrafficTarget shop/*' ignores a code of some objects, the annotation `meshglot.dev/lint-ignore: MG0204,MG0504`
of an object ignores codes of it alone. What is ignored is counted.
Exit codes: 0 nothing as bad as --fail-on, 1 findings, 2 usage, 3 input cannot be read. The same for every format.";

/// `meshglot lint`.
#[derive(Debug, Args)]
#[command(mut_arg("filenames", |input| input.required(false).required_unless_present("list")))]
pub struct LintArgs {
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Backend.
    #[command(flatten)]
    pub choice: Choice,
    /// Least severity that fails
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub fail_on: FailOn,
    /// Ignore a code, or CODE=KIND NAMESPACE/NAME of some objects, where `*` is any text; may be repeated
    #[arg(short = 'S', long, value_name = "CODE", value_delimiter = ',')]
    pub suppress: Vec<Ignore>,
    /// Print every code and its level, and read nothing
    #[arg(short = 'L', long)]
    pub list: bool,
    /// How findings are written
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: LintFormat,
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Objects without effect, refused renderings
    #[default]
    Error,
    /// Also what is hardly meant, and narrowed or dropped policy
    Warning,
    /// Everything
    Info,
    /// Nothing
    None,
}

/// `-o` of `lint`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// With excerpts of the files
    #[default]
    Text,
    /// One line for each, as compilers write it
    Table,
    /// One document
    Json,
    /// The same as YAML
    Yaml,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit: a test suite for each file, a test case for each object
    Junit,
    /// Annotations of a GitHub workflow
    Github,
}
