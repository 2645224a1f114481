//! The grammar of the command line. The words here are what `--help` and the reference show.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use crate::colour::ColourChoice;

/// Write mesh policy once; run it on Istio, Linkerd, Consul or the built-in mesh; know beforehand what changes.
#[derive(Debug, Parser)]
#[command(name = "meshglot", version, disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Colour diagnostics
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub color: ColourChoice,
    /// Never start a pager
    #[arg(long, global = true)]
    pub no_pager: bool,
    /// Leave notes and the closing line out, keep errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// All commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Render neutral policy into a mesh's own objects
    #[command(after_help = RENDER_EXAMPLES)]
    Render(RenderArgs),
    /// Tell what is wrong with policy, and what each mesh would lose
    #[command(after_help = LINT_EXAMPLES)]
    Lint(LintArgs),
    /// Tell whether a call is allowed, and by which rule
    #[command(after_help = CAN_EXAMPLES)]
    Can(CanArgs),
    /// Decide over all requests whether a mesh does what the policy says
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArgs),
    /// Explain a code such as MG0301, or a field such as trafficsplit.spec.backends
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Print the CustomResourceDefinitions of the neutral kinds
    #[command(after_help = "Examples:\n  meshglot crds | kubectl apply --server-side -f -\n  meshglot crds trafficsplit")]
    Crds(CrdsArgs),
    /// Show what each mesh can say
    #[command(after_help = "Examples:\n  meshglot capabilities\n  meshglot capabilities --backend consul -o json")]
    Capabilities(CapabilitiesArgs),
    /// Print a completion script
    #[command(
        after_help = "Examples:\n  meshglot completion bash > /etc/bash_completion.d/meshglot\n  meshglot completion zsh > \"${fpath[1]}/_meshglot\""
    )]
    Completion(CompletionArgs),
    /// Print the version
    #[command(after_help = "Examples:\n  meshglot version\n  meshglot version -o json")]
    Version(VersionArgs),
}

const RENDER_EXAMPLES: &str = "\
Examples:
  meshglot render -f policies/ --backend istio
  cat policies/*.yaml | meshglot render -f - --backend consul --format config-entries -o json
  meshglot render -f policies/ --backend all -o dir=rendered

Exit codes: 0 all rendered, 1 something is refused or lost and not accepted, 2 usage, 3 input is invalid,
6 a file in the way.";

const CAN_EXAMPLES: &str = "\
Examples:
  meshglot can sa/web GET http://web/ -n shop -f policies/
  meshglot can web POST http://web:80/orders -H 'x-tenant: acme' -n shop -f policies/ --backend all

SRC is sa/NAME, deploy/NAME, svc/NAME or a bare name that means one identity; URL is http://SERVICE[.NAMESPACE][:PORT]/PATH
or tcp://SERVICE[.NAMESPACE]:PORT.
Exit codes: 0 allowed everywhere asked, 1 denied or mixed, 2 usage, 3 input is invalid or a name is unknown.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  meshglot verify -f policies/ --backend all
  kubectl get authorizationpolicies,virtualservices -A -o yaml | meshglot verify -f policies/ --backend istio --against -

Each backend is proved, refuted by a request, undecided where there are too many sorts of requests, or withheld because
nothing is written for it. docs/proof.md says which requests there are.
Exit codes: 0 all proved, 1 not, 2 usage, 3 input is invalid.";

const LINT_EXAMPLES: &str = "\
Examples:
  meshglot lint -f policies/
  meshglot lint -f policies/ --backend linkerd --fail-on warning

Exit codes: 0 nothing as bad as --fail-on, 1 findings, 2 usage, 3 input cannot be read.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  meshglot explain MG0301
  meshglot explain trafficsplit.spec.backends.weight";

/// Where policy and inventory come from.
#[derive(Debug, Args)]
pub struct Input {
    /// File or folder of policy and manifests (.yaml .yml .json), `-` for standard input; may be repeated
    #[arg(short = 'f', long = "filename", required = true, value_name = "PATH")]
    pub filenames: Vec<PathBuf>,
    /// Read folders below folders too
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Namespace of objects that name none
    #[arg(short, long, default_value = "default", value_name = "NAME")]
    pub namespace: String,
    /// Take unknown fields as warnings
    #[arg(long)]
    pub lenient: bool,
    /// Fail on documents of kinds that are not read
    #[arg(long)]
    pub strict: bool,
}

/// Which mesh, and what it may lose.
#[derive(Debug, Args)]
pub struct Choice {
    /// Mesh to render to: a backend, or `all`; absent: what the Mesh objects name
    #[arg(long, value_name = "NAME", value_parser = backend_name())]
    pub backend: Option<String>,
    /// Accept a loss by its code; `any` accepts every loss that does not widen, `none` none
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub allow_lossy: Vec<String>,
    /// Accept a loss that allows more than was written, by its code
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub allow_widening: Vec<String>,
}

fn backend_name() -> clap::builder::PossibleValuesParser {
    let names = meshglot_registry::all().into_iter().map(|backend| backend.name());
    clap::builder::PossibleValuesParser::new(names.chain(["all"]).collect::<Vec<_>>())
}

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

/// `meshglot lint`.
#[derive(Debug, Args)]
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
    /// text or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
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
}

/// `meshglot can`.
#[derive(Debug, Args)]
pub struct CanArgs {
    /// Who calls
    #[arg(value_name = "SRC")]
    pub source: String,
    /// Method, such as GET; any word for tcp
    pub method: String,
    /// What is called
    pub url: String,
    /// Header of the request, `NAME: VALUE`; may be repeated
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub headers: Vec<String>,
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Ask what is rendered for this mesh too, or for `all`; absent: the neutral policy alone
    #[arg(long, value_name = "NAME", value_parser = backend_name())]
    pub backend: Option<String>,
    /// text or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Backend.
    #[command(flatten)]
    pub choice: Choice,
    /// Objects of the mesh, in place of what would be rendered: a file, or `-` for standard input
    #[arg(long, value_name = "PATH")]
    pub against: Option<PathBuf>,
    /// Most requests that are tried for one port of one Service
    #[arg(long, default_value_t = crate::verify::LIMIT, value_name = "NUMBER")]
    pub limit: usize,
    /// text or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Code, or KIND[.field...]
    #[arg(value_name = "CODE|KIND.field")]
    pub topic: String,
    /// text or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot crds`.
#[derive(Debug, Args)]
pub struct CrdsArgs {
    /// Kinds, by any of their names; absent: all
    #[arg(value_name = "KIND")]
    pub kinds: Vec<String>,
    /// yaml or json
    #[arg(short, long, default_value = "yaml", value_parser = ["yaml", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot capabilities`.
#[derive(Debug, Args)]
pub struct CapabilitiesArgs {
    /// One backend only
    #[arg(long, value_name = "NAME", value_parser = backend_name())]
    pub backend: Option<String>,
    /// One feature, or all below one, such as `split`
    #[arg(long, value_name = "FEATURE")]
    pub feature: Option<String>,
    /// table, json or md
    #[arg(short, long, default_value = "table", value_parser = ["table", "json", "md"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// Shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `meshglot version`.
#[derive(Debug, Args)]
pub struct VersionArgs {
    /// text or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
}
