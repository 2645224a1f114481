//! `meshglot prune`, `adopt` and `release`: who owns rendered objects of a cluster.

use clap::Args;

use super::input::one_backend;
use super::{Accepted, ClusterArgs};

pub(super) const PRUNE_EXAMPLES: &str = "\
Examples:
  meshglot prune --dry-run --context production
  meshglot prune -y --backend istio --context production

It lists what has our labels and no policy of the cluster renders any more, then deletes it, the last of a set first. Nothing is
deleted while policy cannot be read, while it is withheld, or while something that policy renders is not there. What belongs to a
pause or to policy that is refused is kept. Give it the --allow-lossy and --allow-widening of the controller.
Exit codes: 0 done, or nothing to do, 1 there is a plan (--dry-run) or it was not agreed to, 2 usage, or -y is missing where nobody
can be asked, 3 nothing can be deleted safely, 4 forbidden, or nobody answers.";

pub(super) const ADOPT_EXAMPLES: &str = "\
Examples:
  meshglot adopt virtualservice/meshglot-web -n shop --context production
  meshglot adopt authorizationpolicy.policy.linkerd.io/reviews -n shop --take --context production

An object of the name that policy renders, and that is somebody else's, gets our labels and what policy renders, by server-side apply.
Where others own fields that differ nothing is written, unless --take says so.
Exit codes: 0 done, 2 usage, 3 policy is withheld, 4 there is no such object, no policy renders it, or nobody answers, 6 others own
fields that differ.";

pub(super) const RELEASE_EXAMPLES: &str = "\
Examples:
  meshglot release virtualservice/meshglot-web -n shop --context production
  meshglot release authorizationpolicy.security.istio.io/web -n shop --context production

Our labels, annotations and field ownership are taken off; what the object says stays as it is. The controller leaves it alone from
then on, and the policy that renders an object of its name says Rejected until it is gone.
Exit codes: 0 done, or it is not ours, 2 usage, 4 there is no such object, or nobody answers, 6 somebody else edits it.";

/// `meshglot prune`.
#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Mesh whose objects are looked at; absent: the one that the policy of the cluster is for
    #[arg(long, value_name = "NAME", value_parser = one_backend())]
    pub backend: Option<String>,
    /// Only list
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// table, name, yaml or json
    #[arg(short, long, default_value = "table", value_parser = ["table", "name", "yaml", "json"], value_name = "FORMAT")]
    pub output: String,
    /// What the mesh may lose.
    #[command(flatten)]
    pub accepted: Accepted,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// `meshglot adopt`.
#[derive(Debug, Args)]
pub struct AdoptArgs {
    /// The object, as kubectl names it: KIND/NAME, the group may follow the kind
    #[arg(value_name = "KIND/NAME")]
    pub object: String,
    /// Its namespace; absent: that of the context
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Become the owner of fields that others own, too
    #[arg(long)]
    pub take: bool,
    /// Mesh whose object it is; absent: the one that the policy of the cluster is for
    #[arg(long, value_name = "NAME", value_parser = one_backend())]
    pub backend: Option<String>,
    /// What the mesh may lose.
    #[command(flatten)]
    pub accepted: Accepted,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// `meshglot release`.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// The object, as kubectl names it: KIND/NAME, the group may follow the kind
    #[arg(value_name = "KIND/NAME")]
    pub object: String,
    /// Its namespace; absent: that of the context
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}
