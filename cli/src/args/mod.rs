//! The grammar of the command line, a file per subcommand. The words here are what `--help` and the reference show.

mod can;
mod capabilities;
mod check;
mod cluster;
mod commands;
mod completion;
mod consul;
mod controller;
mod controller_web;
mod convert;
mod crds;
mod dashboard;
mod demo;
mod diff;
mod explain;
mod inject;
mod injector;
mod input;
mod install;
mod lint;
mod look;
mod man;
mod matrix;
mod objects;
mod ours;
mod owned;
mod proxy;
mod render;
mod run;
mod serves;
mod simulate;
mod smi_metrics;
mod switch;
mod test;
mod verify;
mod version;
mod webhook;
mod with_parent;
mod xds;

use clap::{Args, Parser, Subcommand};

pub use crate::colour::ColourChoice;
pub use can::CanArgs;
pub use capabilities::CapabilitiesArgs;
pub use check::CheckArgs;
pub use cluster::ClusterArgs;
pub use commands::{commands, examples};
pub use completion::CompletionArgs;
pub use consul::ConsulArgs;
pub use controller::{ControllerArgs, LogFormat, LogLevel, MetricsAddress};
pub use controller_web::{WebArgs, WebAuth};
pub use convert::ConvertArgs;
pub use crds::CrdsArgs;
pub use dashboard::DashboardArgs;
pub use demo::{DemoArgs, DemoServiceArgs};
pub use diff::{DiffArgs, DiffFormat, Level};
pub use explain::ExplainArgs;
pub use inject::InjectArgs;
pub use injector::InjectorArgs;
pub use input::{Accepted, Choice, Input};
pub use install::{InstallArgs, UninstallArgs, UpgradeArgs};
pub use lint::{FailOn, LintArgs, LintFormat};
pub use look::{EdgesArgs, EventsArgs, Looked, StatArgs, SuggestArgs, TapArgs, TopArgs};
pub use man::ManArgs;
pub use matrix::MatrixArgs;
pub use objects::{ApplyArgs, DeleteArgs, DescribeArgs, GetArgs, ObjectStatusArgs, SelectedArgs, WaitArgs, WritingArgs};
pub use ours::OursArgs;
pub use owned::{AdoptArgs, PruneArgs, ReleaseArgs};
pub use proxy::{
    CaptureArgs, ConfigArgs, LogArgs, Plane, PlaneOrFile, ProxyArgs, ProxyCommand, ProxyRunArgs, RunningMesh, StatusArgs, TableArgs,
    TokenArgs,
};
pub use render::RenderArgs;
pub use run::RunArgs;
pub use serves::ServesArgs;
pub use simulate::SimulateArgs;
pub use smi_metrics::SmiMetricsArgs;
pub use switch::SwitchArgs;
pub use test::TestArgs;
pub use verify::VerifyArgs;
pub use version::VersionArgs;
pub use webhook::WebhookArgs;
pub use with_parent::WithParentArgs;
pub use xds::XdsArgs;

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
    #[command(after_help = render::EXAMPLES)]
    Render(RenderArgs),
    /// Show what a change of policy changes: as written, as rendered, and for calls
    #[command(after_help = diff::EXAMPLES)]
    Diff(DiffArgs),
    /// Tell what is wrong with policy, and what each mesh would lose
    #[command(after_help = lint::EXAMPLES)]
    Lint(LintArgs),
    /// Tell whether a call is allowed, and by which rule
    #[command(after_help = can::EXAMPLES)]
    Can(CanArgs),
    /// Tell where calls go: exact shares, and a sample of them
    #[command(after_help = simulate::EXAMPLES)]
    Simulate(SimulateArgs),
    /// Show who may call what
    #[command(after_help = matrix::EXAMPLES)]
    Matrix(MatrixArgs),
    /// Show policy, and what each mesh makes of it, in a browser
    #[command(after_help = dashboard::EXAMPLES)]
    Dashboard(DashboardArgs),
    /// Run a sample application with a mesh of its own, here and now
    #[command(after_help = demo::EXAMPLES)]
    Demo(DemoArgs),
    /// Become a sample service
    #[command(hide = true)]
    DemoService(DemoServiceArgs),
    /// Run the built-in mesh without Kubernetes: follow a folder of policy, serve it to proxies
    #[command(after_help = run::EXAMPLES)]
    Run(RunArgs),
    /// Keep the mesh objects of a Kubernetes cluster as its policy renders
    #[command(after_help = controller::EXAMPLES)]
    Controller(Box<ControllerArgs>),
    /// Put the sidecar of the built-in mesh into Kubernetes manifests
    #[command(after_help = inject::EXAMPLES)]
    Inject(InjectArgs),
    /// Look at proxies of the built-in mesh, invite one, run one
    #[command(after_help = proxy::EXAMPLES)]
    Proxy(ProxyArgs),
    /// Show calls of a running mesh as they end, with the rule that decided
    #[command(after_help = look::TAP_EXAMPLES)]
    Tap(TapArgs),
    /// Show who calls whom in a running mesh, how often, and how well it goes
    #[command(after_help = look::EDGES_EXAMPLES)]
    Edges(EdgesArgs),
    /// Show how well each workload of a running mesh answers
    #[command(after_help = look::STAT_EXAMPLES)]
    Stat(StatArgs),
    /// Show the paths of a running mesh that are called most
    #[command(after_help = look::TOP_EXAMPLES)]
    Top(TopArgs),
    /// Show what happened to a mesh that runs, or to objects of a cluster
    #[command(after_help = look::EVENTS_EXAMPLES)]
    Events(EventsArgs),
    /// Suggest rules for calls that were seen and that none lets in
    #[command(after_help = look::SUGGEST_EXAMPLES)]
    Suggest(SuggestArgs),
    /// Show objects of a mesh that runs or of a cluster, with how they stand
    #[command(after_help = objects::GET_EXAMPLES)]
    Get(GetArgs),
    /// Show all that is known of an object: what it says, what became of it, what happened
    #[command(after_help = objects::DESCRIBE_EXAMPLES)]
    Describe(DescribeArgs),
    /// Tell whether all policy is in force, and why not
    #[command(after_help = objects::STATUS_EXAMPLES)]
    Status(ObjectStatusArgs),
    /// Wait until objects are in force, or anything else is true of them
    #[command(after_help = objects::WAIT_EXAMPLES)]
    Wait(WaitArgs),
    /// Write objects into the folder of a mesh that runs, if it would take them, or into a cluster
    #[command(after_help = objects::APPLY_EXAMPLES)]
    Apply(ApplyArgs),
    /// Take objects out of the folder of a mesh that runs, or policy out of a cluster
    #[command(after_help = objects::DELETE_EXAMPLES)]
    Delete(DeleteArgs),
    /// Print what a cluster needs for a controller
    #[command(after_help = install::EXAMPLES)]
    Install(InstallArgs),
    /// Print what brings a cluster's controller to this version
    #[command(after_help = install::UPGRADE_EXAMPLES)]
    Upgrade(UpgradeArgs),
    /// Print what is deleted with a cluster's controller, and tell what stays
    #[command(after_help = install::UNINSTALL_EXAMPLES)]
    Uninstall(UninstallArgs),
    /// Tell whether a cluster has what policy needs, and whether all of it is in force
    #[command(after_help = check::EXAMPLES)]
    Check(CheckArgs),
    /// Move policy of a cluster to another backend, in stages
    #[command(after_help = switch::EXAMPLES)]
    Switch(SwitchArgs),
    /// Delete rendered objects of a cluster that no policy renders any more
    #[command(after_help = owned::PRUNE_EXAMPLES)]
    Prune(PruneArgs),
    /// Become the owner of an object of a cluster that policy renders
    #[command(after_help = owned::ADOPT_EXAMPLES)]
    Adopt(AdoptArgs),
    /// Give up the ownership of a rendered object of a cluster; it stays as it is
    #[command(after_help = owned::RELEASE_EXAMPLES)]
    Release(ReleaseArgs),
    /// Decide over all requests whether a mesh does what the policy says
    #[command(after_help = verify::EXAMPLES)]
    Verify(VerifyArgs),
    /// Hold policy, and what each mesh gets for it, against tests
    #[command(after_help = test::EXAMPLES)]
    Test(TestArgs),
    /// Write SMI objects in other versions, without a loss of meaning
    #[command(after_help = convert::EXAMPLES)]
    Convert(ConvertArgs),
    /// Explain a code such as MG0301, or a field such as trafficsplit.spec.backends
    #[command(after_help = explain::EXAMPLES)]
    Explain(ExplainArgs),
    /// Print the CustomResourceDefinitions of the neutral kinds
    #[command(after_help = crds::EXAMPLES)]
    Crds(CrdsArgs),
    /// Show what each mesh can say
    #[command(after_help = capabilities::EXAMPLES)]
    Capabilities(CapabilitiesArgs),
    /// Complete the line while it is typed: a script for a shell, or kubectl's plugin
    #[command(after_help = completion::EXAMPLES)]
    Completion(CompletionArgs),
    /// Print manual pages
    #[command(after_help = man::EXAMPLES)]
    Man(ManArgs),
    /// Print the version
    #[command(after_help = version::EXAMPLES)]
    Version(VersionArgs),
    /// Become a program that ends with its parent
    #[command(hide = true)]
    WithParent(WithParentArgs),
}

impl Command {
    /// Whether it says things while it runs, so that nothing may hold them back.
    pub fn is_lasting(&self) -> bool {
        let runs = matches!(self, Self::Dashboard(_) | Self::Demo(_) | Self::DemoService(_) | Self::Run(_) | Self::Proxy(_));
        let runs = runs || matches!(self, Self::Controller(_));
        // Whoever is asked something has to see what about.
        let runs = runs || matches!(self, Self::Apply(_) | Self::Prune(_) | Self::Switch(_));
        runs || matches!(self, Self::Events(_) | Self::Status(_) | Self::Tap(_) | Self::Top(_) | Self::WithParent(_))
    }
}
