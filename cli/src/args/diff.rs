//! `meshglot diff`.

use clap::{Args, ValueEnum};

use super::input::backend_name;
use super::{Choice, ClusterArgs, Input};

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot diff -f policies/ --base git:main --backend all
  meshglot diff -f policies/ --base deployed/ --level effect
  meshglot diff -f policies/ --from istio --to linkerd
  meshglot diff -f policies/ --without TrafficSplit/shop/canary --level effect
  meshglot diff -f policies/ --base git:main --backend all -o github-md > comment.md
  meshglot diff -f policies/ --base cluster --show-drift --context production

Levels: intent is what people wrote, rendered what each mesh gets, effect what becomes of calls.
Exit codes: 0 no difference, 1 differences (another number by --exit-code), 2 usage, 3 input is invalid, 4 the
cluster does not answer.";

/// `meshglot diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Backend.
    #[command(flatten)]
    pub choice: Choice,
    /// What the input is compared with: git:REF (the same paths in that commit), a folder or file (may be repeated), `none`,
    /// or `cluster`: the policy of a cluster, with the input laid over it
    #[arg(long, value_name = "git:REF|PATH|none|cluster", conflicts_with_all = ["from", "to"])]
    pub base: Vec<String>,
    /// Compare with the same policy without this object: what does it do?
    #[arg(long, value_name = "KIND/NAMESPACE/NAME", conflicts_with_all = ["base", "from", "to"])]
    pub without: Option<String>,
    /// Compare this mesh with that of --to, for the same policy
    #[arg(long, value_name = "BACKEND", value_parser = backend_name(), requires = "to", conflicts_with = "backend")]
    pub from: Option<String>,
    /// The other mesh
    #[arg(long, value_name = "BACKEND", value_parser = backend_name(), requires = "from", conflicts_with = "backend")]
    pub to: Option<String>,
    /// What is compared
    #[arg(long, value_enum, default_value_t, value_name = "LEVEL")]
    pub level: Level,
    /// Tell what is written out on one side and the default on the other
    #[arg(long)]
    pub show_defaults: bool,
    /// Tell what servers and meshglot itself keep: status, managedFields, digests
    #[arg(long)]
    pub show_managed: bool,
    /// Leave rendered differences out, and count them: KIND/NAME[:/path], `*` for any part; may be repeated, and
    /// written line by line into `.meshglotignore`
    #[arg(long, value_name = "PATTERN")]
    pub ignore: Vec<String>,
    /// Lines around each difference of -o unified
    #[arg(short = 'U', long, default_value_t = 3, value_name = "LINES")]
    pub unified: usize,
    /// Most requests that are tried for one port of one Service
    #[arg(long, default_value_t = crate::verify::LIMIT, value_name = "NUMBER")]
    pub limit: usize,
    /// With --base cluster: tell field by field where the mesh is not as the cluster's own policy renders it
    #[arg(long)]
    pub show_drift: bool,
    /// Everything, however much it is
    #[arg(long)]
    pub all: bool,
    /// Exit code where there are differences
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub exit_code: u8,
    /// Exit with 0 where there are differences
    #[arg(long, conflicts_with = "exit_code")]
    pub no_exit_code: bool,
    /// diff, unified, yaml, json, name, github-md or json-patch
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: DiffFormat,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// `--level`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// What people wrote
    Intent,
    /// What each mesh gets
    Rendered,
    /// What becomes of calls
    Effect,
    /// All three
    #[default]
    All,
}

impl Level {
    /// Whether another level is part of this one.
    pub(crate) fn has(self, level: Self) -> bool {
        self == Self::All || self == level
    }
}

/// `-o` of `diff`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// By object and field
    #[default]
    Diff,
    /// Lines of the rendered YAML
    Unified,
    /// The answer of json as YAML
    Yaml,
    /// One document
    Json,
    /// Names of objects that differ
    Name,
    /// A comment for a pull request
    GithubMd,
    /// RFC 6902, a patch for each rendered object
    JsonPatch,
}
