//! `meshglot controller`.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgAction, Args, ValueEnum};
use tracing_subscriber::EnvFilter;

use super::Accepted;
use super::consul::ConsulArgs;
use super::controller_web::WebArgs;
use super::injector::InjectorArgs;
use super::serves::ServesArgs;
use super::webhook::WebhookArgs;
use super::xds::XdsArgs;
use crate::exit::{Exit, Failure};

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot controller --backend istio
  meshglot controller --backend linkerd --context production
  meshglot controller --backends istio,linkerd
  meshglot controller --backend builtin --xds-address 0.0.0.0:15010
  meshglot controller --backend istio --kubeconfig cluster.yaml --allow-lossy any
  meshglot controller --backend istio --leader-elect=false
  meshglot controller --backend consul --consul-address https://consul.example:8501
  meshglot controller --backend istio --metrics-address 0.0.0.0:9090 --log-format json
  meshglot controller --backend istio --web-address 0.0.0.0:8080 --web-host mesh.example.com
  meshglot controller --backend istio --webhook-address 0.0.0.0:9443 --webhook-certificate webhook-tls/
  meshglot controller --backend builtin --xds-address 0.0.0.0:15010 --webhook-address 0.0.0.0:9443 --inject-control-plane mesh.example:15010

It watches the policy and the inventory of the cluster, applies what they render, corrects what others have edited of it, and deletes
what is its own and not wanted any more. Each object of policy says in its status how it stands. Ctrl-C ends it; what is in the
cluster stays.

With --backend one mesh gets all policy. Without it each namespace's policy goes to the backend that its Mesh names; a Mesh that
names another one than before is on its way until all is in force there and no pod is in the old mesh any more, and both get the
policy until then. --backends says which ones Meshes may name here.

Several of them may run: the one that holds the Lease `meshglot-controller` in --lease-namespace writes, the others are ready to. With
--leader-elect=false nobody is asked: then run one.
Exit codes: 0 stopped, 2 usage, 3 the kubeconfig cannot be used, 4 there is no cluster, or it does not answer at the start.";

/// `meshglot controller`.
#[derive(Debug, Args)]
pub struct ControllerArgs {
    /// Which meshes.
    #[command(flatten)]
    pub serves: ServesArgs,
    /// How to reach the cluster; absent: as kubectl does, or the cluster around this pod
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; absent: the current one
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Whether controllers agree on the one that writes: several may run then, and one that ends hands over
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    pub leader_elect: bool,
    /// Namespace of the Lease by which they agree; it has to be there
    #[arg(long, value_name = "NAMESPACE", default_value = "meshglot-system")]
    pub lease_namespace: String,
    /// Seconds after which one that says nothing has lost the Lease
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u16).range(3..=600))]
    pub lease_duration: u16,
    /// What it may lose.
    #[command(flatten)]
    pub accepted: Accepted,
    /// Consul's own server.
    #[command(flatten)]
    pub consul: ConsulArgs,
    /// Where to answer Prometheus and probes, which anybody there may ask; port 0: one that is free; off: nowhere
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub metrics_address: MetricsAddress,
    /// The web view.
    #[command(flatten)]
    pub web: WebArgs,
    /// The webhook.
    #[command(flatten)]
    pub webhook: WebhookArgs,
    /// The sidecars.
    #[command(flatten)]
    pub injector: InjectorArgs,
    /// The control plane of the built-in mesh.
    #[command(flatten)]
    pub xds: XdsArgs,
    /// How lines of the log are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What is logged: error, warn, info, debug, trace or off, of all or by module, as in `info,kube=debug`; absent: info,kube=off
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<LogLevel>,
}

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// Which lines are logged, as `tracing_subscriber` reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLevel(pub String);

impl FromStr for LogLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A word alone would be a module of which everything is logged: that is a slip of somebody who means a level.
        if let Some(slip) = text.split(',').find(|word| !word.contains('=') && !LEVELS.contains(&word.trim().to_lowercase().as_str())) {
            return Err(format!("`{slip}` is no level: {}, or MODULE=LEVEL", LEVELS.join(", ")));
        }
        EnvFilter::try_new(text).map(|_| Self(text.to_owned())).map_err(|error| error.to_string())
    }
}

/// Where counters and probes are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsAddress {
    /// Nowhere.
    Off,
    /// There.
    At(SocketAddr),
}

impl FromStr for MetricsAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse().map(Self::At).map_err(|_| "neither an address with a port, such as 0.0.0.0:9090, nor off".to_owned())
    }
}

impl MetricsAddress {
    /// Takes the address.
    ///
    /// # Errors
    /// It cannot be listened on.
    pub(crate) fn listen(self) -> Result<Option<TcpListener>, Failure> {
        let Self::At(address) = self else { return Ok(None) };
        TcpListener::bind(address).map(Some).map_err(|error| {
            let failure = Failure::new(Exit::of_address(&error), format!("--metrics-address: cannot listen on {address}: {error}"));
            failure.help("port 0 takes one that is free, and tells it")
        })
    }
}
