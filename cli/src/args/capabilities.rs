//! `meshglot capabilities`.

use std::path::PathBuf;

use clap::Args;

use super::input::backend_name;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot capabilities --feature split
  meshglot capabilities --only-used -f policies/ -o wide
  meshglot capabilities --backend consul -o json

exact is the same requests and the same result; the other words, from best to worst, are equivalent,
rounded, narrowed, dropped, widened, refused. A folder below golden/ proves each.
Exit codes: 0 printed, 2 usage, 3 no such feature, or input is unreadable.";

/// `meshglot capabilities`.
#[derive(Debug, Args)]
pub struct CapabilitiesArgs {
    /// One backend only
    #[arg(long, value_name = "NAME", value_parser = backend_name())]
    pub backend: Option<String>,
    /// One feature, or all below one, such as `split`
    #[arg(long, value_name = "FEATURE")]
    pub feature: Option<String>,
    /// Only features that the input uses
    #[arg(long, requires = "filenames")]
    pub only_used: bool,
    /// With --only-used: file or folder of policy and manifests, `-` for standard input; may be repeated
    #[arg(short = 'f', long = "filename", value_name = "PATH", requires = "only_used")]
    pub filenames: Vec<PathBuf>,
    /// With -f: read folders below folders too
    #[arg(short = 'R', long, requires = "filenames")]
    pub recursive: bool,
    /// table, wide with notes and proofs, json or md
    #[arg(short, long, default_value = "table", value_parser = ["table", "wide", "json", "md"], value_name = "FORMAT")]
    pub output: String,
}
