//! `meshglot demo`, and the sample services that it starts.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot demo
  meshglot demo --dir bookshop --keep
  meshglot demo --backend all
  meshglot demo --manifests | kubectl apply -f -

It writes policy, starts sample services, each with a proxy of its own, sends them a few calls a second, and follows what
you edit. Something is wrong on purpose: it says how to find it. Ctrl-C ends and removes everything that it made.
Exit codes: 0 stopped, 2 usage, 3 its folder cannot be made, 6 the folder has files, or an address is taken.";

/// `meshglot demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder to write, which is not there or empty; absent: meshglot-demo, or the first free name after it
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Leave the folder when it ends
    #[arg(long)]
    pub keep: bool,
    /// Port of the sample application, the next one is that of the web view; absent: 18080, or ports that are free
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..=65534))]
    pub port: Option<u16>,
    /// Print the same application for a cluster, with its policy, and run nothing
    #[arg(long, conflicts_with_all = ["dir", "keep", "port", "backend"])]
    pub manifests: bool,
    /// Image of its services; absent: meshglot, by the version of this program
    #[arg(long, requires = "manifests", value_name = "IMAGE")]
    pub image: Option<String>,
    /// Also keep what the policy becomes on each mesh in `rendered/`: builtin renders nothing more
    #[arg(long, default_value = "builtin", value_parser = ["builtin", "all"], value_name = "BACKEND")]
    pub backend: String,
}

/// `meshglot demo-service`, with which the demo starts one; it is not shown. Without an address to listen on its socket is its standard input.
#[derive(Debug, Args)]
pub struct DemoServiceArgs {
    /// Which one
    #[arg(value_parser = ["frontend", "details", "reviews-v1", "reviews-v2", "ratings", "batch", "visitors"], value_name = "NAME")]
    pub name: String,
    /// Where its proxy takes its calls; absent: they go where the names of Services lead
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub door: Option<SocketAddr>,
    /// Where it listens
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// So many calls in a hundred are answered by an error
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100), value_name = "PERCENT")]
    pub errors: u32,
    /// The web view
    #[arg(long, value_name = "URL")]
    pub web: Option<String>,
}
