//! `meshglot check`: whether a cluster has what policy needs, and whether all of it is in force.

mod answer;
mod api;
mod backend;
mod connected;
mod controller;
mod definitions;
mod injector;
mod page;
mod permissions;
mod policy;
mod roots;
mod webhook;

use std::sync::Arc;
use std::time::{Duration, Instant};

use meshglot_controller::Snapshot;
use meshglot_translator::render::Backend;

use crate::Io;
use crate::args::CheckArgs;
use crate::cluster::Cluster;
use crate::exit::{Exit, Failure, Outcome};
use crate::install::installed;
use crate::proxy::text;
pub(crate) use answer::{Check, Checks, Level};
use injector::Injection;

/// Names that are told of many.
const NAMED: usize = 3;

/// How often it is looked again.
const LOOK: Duration = Duration::from_secs(2);

pub(crate) fn run(args: &CheckArgs, io: &mut Io<'_>) -> Outcome {
    if let Some(path) = &args.filename {
        let wrong = |error| Failure::new(Exit::Invalid, format!("this is not what `meshglot check -o json` printed: {error}"));
        return show(&serde_json::from_str(&text(path, io.stdin)?).map_err(wrong)?, args, io);
    }
    let cluster = Arc::new(Cluster::of(&args.cluster)?);
    let since = Instant::now();
    loop {
        let checks = look(&cluster, args);
        let left = args.wait.filter(|_| checks.is_waiting()).map(|patience| patience.saturating_sub(since.elapsed()));
        match left {
            Some(Duration::ZERO) => {
                show(&checks, args, io)?;
                return Ok(Exit::TimedOut);
            }
            Some(left) => std::thread::sleep(left.min(LOOK)),
            None => return show(&checks, args, io),
        }
    }
}

/// The control plane of a mesh that is to be used.
pub(crate) fn backend(cluster: &Cluster, backend: &'static dyn Backend) -> Vec<Check> {
    backend::look(cluster, backend, true)
}

/// Whether the kinds that a mesh gets are served.
pub(crate) fn served(cluster: &Cluster, backend: &'static dyn Backend) -> Check {
    definitions::of(cluster, backend)
}

/// Whether a controller runs.
pub(crate) fn controller(cluster: &Cluster, namespace: &str) -> Check {
    controller::look(cluster, namespace)
}

fn show(checks: &Checks, args: &CheckArgs, io: &mut Io<'_>) -> Outcome {
    let least = if args.fail_on == "warning" { Level::Warning } else { Level::Error };
    let fails = checks.worst() >= least;
    page::show(checks, &args.output, fails, io)?;
    Ok(if fails { Exit::No } else { Exit::Ok })
}

fn look(cluster: &Arc<Cluster>, args: &CheckArgs) -> Checks {
    let mut checks = api::look(cluster);
    let snapshot = cluster.read(Snapshot::read(&cluster.reader));
    let snapshot = snapshot.map(Arc::new);
    let backends = which(cluster, args, snapshot.as_deref().ok());
    let known = backends.as_ref().cloned().unwrap_or_default();
    checks.extend(permissions::look(cluster, args.pre, &known, &args.lease_namespace));
    checks.extend(definitions::look(cluster, args.pre, &known));
    match backends {
        Ok(backends) => checks.extend(backends.into_iter().flat_map(|backend| backend::look(cluster, backend, args.pre))),
        Err(failure) => checks.push(Check::warning("backend", failure.message()).hint("--backend NAME says which mesh is looked at")),
    }
    if !args.pre {
        match snapshot {
            Ok(snapshot) => checks.extend(policy::look(cluster, &snapshot, &known)),
            Err(failure) => checks.push(Check::unknown("policy", &failure)),
        }
        checks.push(controller::look(cluster, &args.lease_namespace));
        checks.extend(webhook::look(cluster, &args.lease_namespace));
        let injection = Injection::read(cluster);
        checks.extend(injector::look(cluster, &injection, &args.lease_namespace));
        checks.extend(connected::look(cluster, &args.lease_namespace));
        checks.extend(roots::look(cluster, &injection));
    }
    let names: Vec<&str> = known.iter().map(|backend| backend.name()).collect();
    Checks { cluster: cluster.address.clone(), backend: (!names.is_empty()).then(|| names.join(", ")), checks }
}

/// The first names, and how many there are besides.
fn first(names: &[impl AsRef<str>]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let named: Vec<&str> = names[..names.len() - more].iter().map(AsRef::as_ref).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

/// The meshes that are looked at.
fn which(cluster: &Cluster, args: &CheckArgs, snapshot: Option<&Snapshot>) -> Result<Vec<&'static dyn Backend>, Failure> {
    match (args.backend.as_deref().and_then(meshglot_registry::find), snapshot) {
        (Some(backend), _) => Ok(vec![backend]),
        // Without any policy the controller that was installed says it.
        (None, Some(snapshot)) => cluster.named(None, snapshot).or_else(|failure| installed(cluster, &args.lease_namespace).ok_or(failure)),
        (None, None) => Err(Failure::new(Exit::Usage, "policy cannot be read, and nobody says which mesh it is for")),
    }
}
