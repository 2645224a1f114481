//! `meshglot proxy`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use meshglot_inject::Probe;

use super::{ClusterArgs, OursArgs};

/// The proxies there are; the first is meant where none is named.
pub(super) const PROXIES: [&str; 2] = ["meshglot", "envoy"];

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot proxy status --config-dir mesh/
  meshglot proxy token bank/ledger --config-dir mesh/ > ledger.join
  meshglot proxy run --join ledger.join
  meshglot proxy routes bank/ledger --config-dir mesh/

Exit codes: 0 done, 1 a proxy has not what it should (status), 2 usage, 3 no such workload or an unreadable file,
4 no control plane answers.";

const STATUS_EXAMPLES: &str = "\
Examples:
  meshglot proxy status --config-dir mesh/
  meshglot proxy status bank/ledger --config-dir mesh/ -o json
  meshglot proxy status -f status.json
  meshglot proxy status --context production

SYNCED: has everything as it is now. STALE: has not answered yet. REFUSED: has refused something, and goes on with what
it had. ABSENT: no proxy of the workload is connected. Of a cluster all are told, by one of its control planes: REVISION and
CONNECTED of those that it serves itself, the rest by what the proxies say.
Exit codes: 0 all SYNCED or ABSENT, 1 some are not, 2 usage, 3 unreadable file, 4 no control plane answers, or it is forbidden.";

const CONFIG_EXAMPLES: &str = "\
Examples:
  meshglot proxy config bank/ledger --config-dir mesh/
  meshglot proxy config -f config_dump.json -o json
  meshglot proxy config bank/ledger --context production

Exit codes: 0 printed, 2 usage, 3 no such workload or an unreadable file, 4 no control plane answers.";

const CLUSTERS_EXAMPLES: &str = "\
Examples:
  meshglot proxy clusters bank/ledger --config-dir mesh/
  meshglot proxy clusters -f config_dump.json

Exit codes: 0 printed, 2 usage, 3 no such workload or an unreadable file, 4 no control plane answers.";

const ROUTES_EXAMPLES: &str = "\
Examples:
  meshglot proxy routes bank/ledger --config-dir mesh/
  meshglot proxy routes -f config_dump.json

Exit codes: 0 printed, 2 usage, 3 no such workload or an unreadable file, 4 no control plane answers.";

const LOG_EXAMPLES: &str = "\
Examples:
  meshglot proxy log bank/ledger --config-dir mesh/
  meshglot proxy log -f ledger-proxy.log --raw

Exit codes: 0 printed, 2 usage, 3 unreadable file.";

const TOKEN_EXAMPLES: &str = "\
Examples:
  meshglot proxy token bank/ledger --config-dir mesh/ > ledger.join
  meshglot proxy token bank/teller --admin mesh/.meshglot/admin.sock > teller.join

It is good once, for ten minutes, for this workload's identity: keep it from others until it is used.
Exit codes: 0 printed, 2 usage, 3 no such workload, 4 no control plane answers.";

const RUN_EXAMPLES: &str = "\
Examples:
  meshglot proxy run --join ledger.join
  meshglot proxy run --join ledger.join --log-share 1 --metrics 127.0.0.1:8080
  meshglot proxy run --join ledger.join --folder ledger-proxy --proxy envoy --envoy ./envoy

What the proxy needs is kept in its folder: another start there needs no other token. Our own proxy, `meshglot`, keeps its
last good configuration there, too, and starts with it while the control plane is away.
Exit codes: 0 stopped, 2 usage, 3 unreadable file, 6 the address is taken, 70 the proxy cannot be started.";

const CAPTURE_EXAMPLES: &str = "\
Examples:
  meshglot proxy capture --user 2102 --served 8080
  meshglot proxy capture --user 2102 --served 8080,8081 --leave 22,9100

As root, pipe it into `nft -f -` on the host or in the network namespace of the workload; the proxy runs as that user.
Exit codes: 0 printed, 2 usage.";

/// `meshglot proxy`.
#[derive(Debug, Args)]
pub struct ProxyArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ProxyCommand,
}

/// What can be done about proxies.
#[derive(Debug, Subcommand)]
pub enum ProxyCommand {
    /// Tell whether each proxy has what it should
    #[command(after_help = STATUS_EXAMPLES)]
    Status(StatusArgs),
    /// Print what the proxies of a workload are sent
    #[command(after_help = CONFIG_EXAMPLES)]
    Config(ConfigArgs),
    /// Show where a proxy can send calls
    #[command(after_help = CLUSTERS_EXAMPLES)]
    Clusters(TableArgs),
    /// Show which request goes where in a proxy
    #[command(after_help = ROUTES_EXAMPLES)]
    Routes(TableArgs),
    /// Show what a proxy has logged, calls as one line each
    #[command(after_help = LOG_EXAMPLES)]
    Log(LogArgs),
    /// Invite one more proxy of a workload: print what it joins with
    #[command(after_help = TOKEN_EXAMPLES)]
    Token(TokenArgs),
    /// Run a proxy beside a workload: our own, or an agent and Envoy
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<ProxyRunArgs>),
    /// Print the rules that send a host's connections through its proxy
    #[command(after_help = CAPTURE_EXAMPLES)]
    Capture(CaptureArgs),
}

/// Which control plane.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Plane {
    /// Folder of a running `meshglot run`; absent: MESHGLOT_CONFIG_DIR
    #[arg(long, value_name = "DIR")]
    pub config_dir: Option<PathBuf>,
    /// Socket of its administration, where that is elsewhere
    #[arg(long, value_name = "PATH")]
    pub admin: Option<PathBuf>,
}

/// Which control plane, or which file.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct PlaneOrFile {
    /// Folder of a running `meshglot run`; absent: MESHGLOT_CONFIG_DIR
    #[arg(long, value_name = "DIR")]
    pub config_dir: Option<PathBuf>,
    /// Socket of its administration, where that is elsewhere
    #[arg(long, value_name = "PATH")]
    pub admin: Option<PathBuf>,
    /// What `-o json` printed, or Envoy's configuration dump; `-` for standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    pub filename: Option<PathBuf>,
}

/// A mesh that runs: a standalone one, that of a cluster, or what a file says of one.
#[derive(Debug, Args)]
pub struct RunningMesh {
    /// Which standalone one, or which file.
    #[command(flatten)]
    pub from: PlaneOrFile,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Of a cluster: namespace of its controllers, whose ports you may forward
    #[arg(long, value_name = "NAMESPACE", default_value = "meshglot-system")]
    pub lease_namespace: String,
}

/// `meshglot proxy status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// One workload; absent: all
    #[arg(value_name = "NAMESPACE/NAME")]
    pub workload: Option<String>,
    /// Where from.
    #[command(flatten)]
    pub mesh: RunningMesh,
    /// table, wide, json or yaml
    #[arg(short, long, default_value = "table", value_parser = ["table", "wide", "json", "yaml"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot proxy config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// The workload; a file needs none
    #[arg(value_name = "NAMESPACE/NAME")]
    pub workload: Option<String>,
    /// Where from.
    #[command(flatten)]
    pub mesh: RunningMesh,
    /// yaml or json
    #[arg(short, long, default_value = "yaml", value_parser = ["yaml", "json"], value_name = "FORMAT")]
    pub output: String,
}

/// `meshglot proxy clusters` and `meshglot proxy routes`.
#[derive(Debug, Args)]
pub struct TableArgs {
    /// The workload; a file needs none
    #[arg(value_name = "NAMESPACE/NAME")]
    pub workload: Option<String>,
    /// Where from.
    #[command(flatten)]
    pub mesh: RunningMesh,
}

/// `meshglot proxy log`.
#[derive(Debug, Args)]
#[group(id = "log", required = true, multiple = false)]
pub struct LogSource {
    /// Folder of a `meshglot run --proxy` on this machine
    #[arg(long, value_name = "DIR", requires = "workload")]
    pub config_dir: Option<PathBuf>,
    /// A log file; `-` for standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    pub filename: Option<PathBuf>,
}

/// `meshglot proxy log`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// The workload; a file needs none
    #[arg(value_name = "NAMESPACE/NAME")]
    pub workload: Option<String>,
    /// Where from.
    #[command(flatten)]
    pub from: LogSource,
    /// Print the lines as the proxy has written them
    #[arg(long)]
    pub raw: bool,
}

/// `meshglot proxy token`.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// The workload
    #[arg(value_name = "NAMESPACE/NAME")]
    pub workload: String,
    /// Which control plane.
    #[command(flatten)]
    pub plane: Plane,
}

/// `meshglot proxy run`.
#[derive(Debug, Args)]
pub struct ProxyRunArgs {
    /// What `meshglot proxy token` printed; `-` for standard input
    #[arg(long, value_name = "FILE", required_unless_present = "workload")]
    pub join: Option<PathBuf>,
    /// The workload, in place of an invitation
    #[arg(long, value_name = "NAMESPACE/NAME", conflicts_with = "join", requires_all = ["identity", "roots", "control_plane"])]
    pub workload: Option<String>,
    /// Who the proxy is to be, in place of an invitation
    #[arg(long, value_name = "SPIFFE-ID", requires = "workload")]
    pub identity: Option<String>,
    /// PEM file of the control plane's roots, in place of an invitation
    #[arg(long, value_name = "FILE", requires = "workload")]
    pub roots: Option<PathBuf>,
    /// File with a token that Kubernetes projects for the audience `meshglot`, in place of a join token
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Folder of the proxy; absent: `meshglot-proxy` in the current folder
    #[arg(long, default_value = "meshglot-proxy", value_name = "DIR")]
    pub folder: PathBuf,
    /// Name of this instance among those of the workload; absent: the workload's
    #[arg(long, value_name = "NAME", value_parser = instance)]
    pub instance: Option<String>,
    /// Which proxy: our own, in this process, or an Envoy
    #[arg(long, default_value = PROXIES[0], value_parser = PROXIES, value_name = "PROXY")]
    pub proxy: String,
    /// Envoy's program
    #[arg(long, env = "MESHGLOT_ENVOY", hide_env_values = true, default_value = "envoy", value_name = "PATH")]
    pub envoy: PathBuf,
    /// Where to find the control plane, in place of what the invitation says
    #[arg(long, value_name = "HOST:PORT")]
    pub control_plane: Option<String>,
    /// Address and port on which to answer the probes of the kubelet, which are asked of the application on 127.0.0.1
    #[arg(long, value_name = "ADDRESS:PORT", requires = "probe")]
    pub probes: Option<SocketAddr>,
    /// A probe or hook, answered at /probe/CONTAINER/KIND: the application is asked for a connection, by GET of the path, over TLS
    /// after `https:`, or for its gRPC health after `grpc:`; may be repeated
    #[arg(long, value_name = "CONTAINER/KIND=[https:|grpc:]PORT[/PATH]", requires = "probes")]
    pub probe: Vec<Probe>,
    /// Address and port on which the control plane may look at calls, over mutual TLS, and nobody else
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub look: Option<SocketAddr>,
    /// What our own proxy is told.
    #[command(flatten)]
    pub ours: OursArgs,
}

/// `meshglot proxy capture`.
#[derive(Debug, Args)]
pub struct CaptureArgs {
    /// Number of the user that the proxy runs as: its own calls are not captured
    #[arg(long, value_name = "UID")]
    pub user: u32,
    /// Ports that the workload answers on, so that it reaches itself through the mesh, too
    #[arg(long, value_name = "PORT", value_delimiter = ',')]
    pub served: Vec<u16>,
    /// Ports of the host that stay as they are
    #[arg(long, value_name = "PORT", value_delimiter = ',')]
    pub leave: Vec<u16>,
    /// Ports of others to which calls of the host stay as they are
    #[arg(long, value_name = "PORT", value_delimiter = ',')]
    pub leave_outbound: Vec<u16>,
    /// Put them in force, by `nft`, in place of printing them
    #[arg(long)]
    pub apply: bool,
    /// Port of the proxy for calls to the host, as the Mesh says
    #[arg(long, default_value_t = 15006, value_name = "PORT")]
    pub inbound: u16,
    /// Port of the proxy for calls of the host, as the Mesh says
    #[arg(long, default_value_t = 15001, value_name = "PORT")]
    pub outbound: u16,
}

/// The last part of an identity on the wire.
fn instance(text: &str) -> Result<String, String> {
    let good = !text.is_empty() && text.len() <= 253 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if good { Ok(text.to_owned()) } else { Err("letters, digits, - _ . and at most 253 of them".to_owned()) }
}
