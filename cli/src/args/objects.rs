//! `meshglot get`, `describe`, `status`, `wait`, `apply` and `delete`: the objects of a mesh that runs, or of a cluster.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::look::span;
use super::{ClusterArgs, Plane, PlaneOrFile};

pub(super) const GET_EXAMPLES: &str = "\
Examples:
  meshglot get traffictargets --config-dir mesh/
  meshglot get svc,workloads -n bank --config-dir mesh/ -o wide
  meshglot get service/ledger --config-dir mesh/ -o yaml
  meshglot get meshglot --config-dir mesh/ -o jsonpath='{range .items[*]}{.kind} {.metadata.name}{\"\\n\"}{end}'
  meshglot get ts,tt --context production -n shop

Kinds are named as kubectl names them; `meshglot` is every kind of ours. Without -n: of every namespace.
Without --config-dir, --admin and MESHGLOT_CONFIG_DIR the cluster of kubectl is asked.
Exit codes: 0 printed, 2 usage, 3 unreadable file, 4 not found, forbidden, or nobody answers.";

pub(super) const DESCRIBE_EXAMPLES: &str = "\
Examples:
  meshglot describe service ledger --config-dir mesh/
  meshglot describe svc/ledger workload/teller -n bank --config-dir mesh/
  meshglot describe traffictarget/cart-callers -n shop --context production

Without --config-dir, --admin and MESHGLOT_CONFIG_DIR the cluster of kubectl is asked.
Of a cluster it tells what is rendered from
policy, too, and how each of that stands.
Exit codes: 0 printed, 2 usage, 3 unreadable file, 4 not found, forbidden, or nobody answers.";

pub(super) const STATUS_EXAMPLES: &str = "\
Examples:
  meshglot status --config-dir mesh/
  meshglot status traffictargets -n bank --config-dir mesh/ -o wide
  meshglot status --config-dir mesh/ -o json
  meshglot status --context production -w

READY: the newest generation is in force. SYNCED: proxies that have it, of all.
Without --config-dir, --admin and MESHGLOT_CONFIG_DIR the cluster of kubectl is asked.
Exit codes: 0 all is in force, 1 something is not, 2 usage, 3 unreadable file, 4 not found, forbidden, or nobody answers.";

pub(super) const WAIT_EXAMPLES: &str = "\
Examples:
  meshglot wait service/ledger --for create --config-dir mesh/
  meshglot wait meshglot --for create --timeout 5s --config-dir mesh/
  meshglot wait traffictarget/cart-callers -n shop --context production

--for takes condition=TYPE[=STATUS], such as condition=Ready, synced (every proxy has it), create or delete.
Without --config-dir, --admin and MESHGLOT_CONFIG_DIR the cluster of kubectl is asked.
Exit codes: 0 it is so, 1 it never will be without an edit, 2 usage, 4 not found, forbidden, or nobody answers, 5 timed out.";

pub(super) const APPLY_EXAMPLES: &str = "\
Examples:
  meshglot apply -f mesh/services.yaml --config-dir mesh/
  meshglot apply -f mesh/services.yaml --config-dir mesh/ --write
  meshglot apply -f policies/ --wait --context production

Without --config-dir, --admin and MESHGLOT_CONFIG_DIR it is applied to the cluster of kubectl, by server-side apply: all of it is
tried first, and where others own fields that differ nothing is written; --dry-run ends there.
In a folder: without --write it only says what would be written where. An object that is there is edited in its own file, by single
values where that is enough, so that comments stay; a new one gets NAMESPACE/KIND-NAME.yaml. What the mesh would not take is
not written. With --write it ends when everything is in force.
Exit codes: 0 written, or nothing to do, 1 something would be written, 2 usage, 3 it would not be taken, 4 forbidden, or
nobody answers, 5 timed out, 6 somebody else edits the file, or owns fields.";

pub(super) const DELETE_EXAMPLES: &str = "\
Examples:
  meshglot delete workload teller -n bank --config-dir mesh/
  meshglot delete workload/teller -n bank --config-dir mesh/ --write
  meshglot delete traffictarget/cart-callers -n shop --dry-run --context production

Without --config-dir, --admin and MESHGLOT_CONFIG_DIR policy is deleted in the cluster of kubectl.
In a folder: without --write it only says what would be taken out of which file. A file without any object left is removed.
Exit codes: 0 done, or nothing to do, 1 something would be taken out, 2 usage, 3 the mesh would not take it, 4 not found,
forbidden, or nobody answers, 5 timed out, 6 somebody else edits the file.";

/// Which objects.
#[derive(Debug, Args)]
pub struct SelectedArgs {
    /// KIND, KIND NAME or KIND/NAME; several kinds with commas; absent: all policy
    #[arg(value_name = "KIND")]
    pub words: Vec<String>,
    /// Namespace; absent: every namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Every namespace, as without -n
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
}

/// `meshglot get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// Which.
    #[command(flatten)]
    pub selected: SelectedArgs,
    /// Where from.
    #[command(flatten)]
    pub from: PlaneOrFile,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Say nothing of what is named and not there
    #[arg(long)]
    pub ignore_not_found: bool,
    /// table, wide, name, yaml, json or jsonpath=TEMPLATE
    #[arg(short, long, default_value = "table", value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// Which.
    #[command(flatten)]
    pub selected: SelectedArgs,
    /// Where from.
    #[command(flatten)]
    pub from: PlaneOrFile,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// `meshglot status`.
#[derive(Debug, Args)]
pub struct ObjectStatusArgs {
    /// Which.
    #[command(flatten)]
    pub selected: SelectedArgs,
    /// Where from.
    #[command(flatten)]
    pub from: PlaneOrFile,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Go on with what changes, until Ctrl-C
    #[arg(short, long)]
    pub watch: bool,
    /// table, wide, name, yaml, or json: one document, with --watch an object a line
    #[arg(short, long, default_value = "table", value_parser = ["table", "wide", "name", "yaml", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot wait`.
#[derive(Debug, Args)]
pub struct WaitArgs {
    /// Which.
    #[command(flatten)]
    pub selected: SelectedArgs,
    /// Which control plane.
    #[command(flatten)]
    pub plane: Plane,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// What is waited for: condition=TYPE[=STATUS], synced, create or delete
    #[arg(long = "for", default_value = "condition=Ready", value_name = "WHAT")]
    pub until: String,
    /// Give up after so long
    #[arg(long, default_value = "30s", value_name = "DURATION", value_parser = span)]
    pub timeout: Duration,
}

/// `meshglot apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// File or folder of objects, `-` for standard input; may be repeated
    #[arg(short = 'f', long = "filename", required = true, value_name = "PATH")]
    pub filenames: Vec<PathBuf>,
    /// Read folders below folders too
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Namespace of objects that name none; absent: that of the cluster's context, in a folder `default`
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Which control plane.
    #[command(flatten)]
    pub plane: Plane,
    /// How it is written.
    #[command(flatten)]
    pub writing: WritingArgs,
    /// Only say what would be written; a folder is never written to without --write
    #[arg(long, conflicts_with = "write")]
    pub dry_run: bool,
    /// Of a cluster: wait until policy is in force
    #[arg(long)]
    pub wait: bool,
    /// Of a cluster: become the owner of fields that others own
    #[arg(long)]
    pub force_conflicts: bool,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// `meshglot delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Which.
    #[command(flatten)]
    pub selected: SelectedArgs,
    /// Which control plane.
    #[command(flatten)]
    pub plane: Plane,
    /// Say nothing of what is not there
    #[arg(long)]
    pub ignore_not_found: bool,
    /// How it is written.
    #[command(flatten)]
    pub writing: WritingArgs,
    /// Only say what would be deleted; a folder is never written to without --write
    #[arg(long, conflicts_with = "write")]
    pub dry_run: bool,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// How files of the folder are edited.
#[derive(Clone, Copy, Debug, Args)]
pub struct WritingArgs {
    /// Of a folder: write it; else only say what would be written
    #[arg(long)]
    pub write: bool,
    /// Give up waiting for it to be in force after so long
    #[arg(long, default_value = "30s", value_name = "DURATION", value_parser = span)]
    pub timeout: Duration,
}
