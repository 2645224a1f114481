//! Where policy comes from, and which mesh it goes to.

use std::path::PathBuf;

use clap::Args;

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
    /// What it may lose.
    #[command(flatten)]
    pub accepted: Accepted,
}

/// Which losses are accepted.
#[derive(Clone, Debug, Default, Args)]
pub struct Accepted {
    /// Accept a loss by its code; `any` accepts every loss that does not widen, `none` none
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub allow_lossy: Vec<String>,
    /// Accept a loss that allows more than was written, by its code
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub allow_widening: Vec<String>,
}

impl Choice {
    /// A backend of which nothing is accepted.
    pub(crate) fn of(backend: Option<String>) -> Self {
        Self { backend, accepted: Accepted::default() }
    }
}

/// The names of all backends.
pub(super) fn one_backend() -> clap::builder::PossibleValuesParser {
    let names = meshglot_registry::all().into_iter().map(|backend| backend.name());
    clap::builder::PossibleValuesParser::new(names.collect::<Vec<_>>())
}

/// The words of `--backend`.
pub(super) fn backend_name() -> clap::builder::PossibleValuesParser {
    let names = meshglot_registry::all().into_iter().map(|backend| backend.name());
    clap::builder::PossibleValuesParser::new(names.chain(["all"]).collect::<Vec<_>>())
}
