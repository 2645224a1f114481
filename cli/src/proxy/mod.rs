//! `meshglot proxy`: looks at proxies of the built-in mesh, and runs one.

mod admin;
mod apply;
mod beside;
mod forward;
mod invited;
mod log;
mod messages;
mod ours;
mod probes;
mod show;
mod start;
mod status;
mod words;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use meshglot_agent::{Capture, Event};
use meshglot_control::Resources;
use meshglot_translator::answer::document;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;

use crate::Io;
use crate::args::{CaptureArgs, ConfigArgs, Plane, PlaneOrFile, ProxyArgs, ProxyCommand, RunningMesh, TableArgs, TokenArgs};
use crate::cluster::{Asked, asked};
use crate::exit::{Exit, Failure, Outcome};
use crate::output::unwritable;
use crate::run::admin_socket;
pub(crate) use admin::Admin;
pub(crate) use ours::Ours;
pub(crate) use words::Words;

pub(crate) fn run(args: &ProxyArgs, io: &mut Io<'_>) -> Outcome {
    match &args.command {
        ProxyCommand::Status(args) => status::run(args, io),
        ProxyCommand::Config(args) => config(args, io),
        ProxyCommand::Clusters(args) => table(args, show::clusters, io),
        ProxyCommand::Routes(args) => table(args, show::routes, io),
        ProxyCommand::Log(args) => log::run(args, io),
        ProxyCommand::Token(args) => token(args, io),
        ProxyCommand::Run(args) => start::run(args, io),
        ProxyCommand::Capture(args) => capture(args, io),
    }
}

/// Says what happens to a proxy.
pub(crate) fn say(workload: &str, event: &Event, io: &mut Io<'_>) -> std::io::Result<()> {
    match event {
        Event::Holds { not_after } if !io.quiet => {
            // A year of five digits has no such form.
            writeln!(io.stderr, "{workload}: has a certificate until {}", not_after.format(&Rfc3339).unwrap_or_default())
        }
        Event::Started { proxy } if !io.quiet => writeln!(io.stderr, "{workload}: {proxy} runs"),
        Event::Holds { .. } | Event::Started { .. } => Ok(()),
        Event::Trouble(why) => writeln!(io.stderr, "warning: {workload}: {why}"),
        Event::Ended { pause } => {
            writeln!(io.stderr, "warning: {workload}: envoy has ended; its log says why; it is started again in {} s", pause.as_secs())
        }
    }
}

fn config(args: &ConfigArgs, io: &mut Io<'_>) -> Outcome {
    let json = match from_plane(&args.mesh)? {
        Some(admin) => document(&resources(&admin, args.workload.as_deref())?),
        None => document(&messages::resources(&from_file(&args.mesh.from, io)?)?),
    };
    if args.output == "json" {
        writeln!(io.stdout, "{json:#}")?;
        return Ok(Exit::Ok);
    }
    for one in json["resources"].as_array().into_iter().flatten() {
        writeln!(io.stdout, "---")?;
        for source in one["sources"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            writeln!(io.stdout, "# from {source}")?;
        }
        write!(io.stdout, "{}", meshglot_translator::render::write::yaml(&one["resource"]).map_err(unwritable)?)?;
    }
    Ok(Exit::Ok)
}

fn table(args: &TableArgs, rows: fn(&messages::Messages<'_>) -> Vec<Vec<String>>, io: &mut Io<'_>) -> Outcome {
    let json = match from_plane(&args.mesh)? {
        Some(admin) => document(&resources(&admin, args.workload.as_deref())?),
        None => from_file(&args.mesh.from, io)?,
    };
    io.columns(&rows(&messages::Messages::of(&json)?))?;
    Ok(Exit::Ok)
}

fn token(args: &TokenArgs, io: &mut Io<'_>) -> Outcome {
    let admin = from_socket(&args.plane)?;
    let invitation: Value = admin.post("/tokens", &serde_json::json!({ "workload": args.workload }))?;
    writeln!(io.stdout, "{invitation:#}")?;
    Ok(Exit::Ok)
}

fn capture(args: &CaptureArgs, io: &mut Io<'_>) -> Outcome {
    let CaptureArgs { user, served, leave, leave_outbound, inbound, outbound, apply } = args;
    let (served, leave, leave_outbound) = (served.clone(), leave.clone(), leave_outbound.clone());
    let rules = Capture { inbound: *inbound, outbound: *outbound, user: *user, served, leave, leave_outbound };
    if *apply {
        apply::apply(&rules.ruleset())?;
        return Ok(Exit::Ok);
    }
    write!(io.stdout, "{}", rules.ruleset())?;
    Ok(Exit::Ok)
}

fn resources(admin: &Admin, workload: Option<&str>) -> Result<Resources, Failure> {
    let workload = workload.ok_or_else(|| Failure::new(Exit::Usage, "which workload? NAMESPACE/NAME is missing"))?;
    let (namespace, name) = split(workload)?;
    admin.get(&format!("/resources/{namespace}/{name}"))
}

/// `NAMESPACE/NAME`, of characters that need no escape in an address.
fn split(workload: &str) -> Result<(&str, &str), Failure> {
    let good = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    workload
        .split_once('/')
        .filter(|(namespace, name)| good(namespace) && good(name))
        .ok_or_else(|| Failure::new(Exit::Usage, format!("`{workload}` is no NAMESPACE/NAME")))
}

/// The control plane that is asked; `None`: a file is.
pub(crate) fn from_plane(mesh: &RunningMesh) -> Result<Option<Admin>, Failure> {
    Ok(match asked(&mesh.from, &mesh.cluster)? {
        Some(Asked::Cluster(cluster)) => Some(Admin::of_cluster(Arc::new(*cluster), &mesh.lease_namespace)?),
        Some(Asked::Plane(admin)) => Some(admin),
        None => None,
    })
}

/// The control plane that was named, by a flag or by the folder where none is.
pub(crate) fn plane(config_dir: Option<&Path>, admin: Option<&Path>) -> Option<Admin> {
    let folder = || config_dir.map(Path::to_owned).or_else(usual_folder);
    admin.map(Path::to_owned).or_else(|| Some(admin_socket(&folder()?))).map(Admin::at)
}

/// The control plane that is asked.
pub(crate) fn from_socket(plane: &Plane) -> Result<Admin, Failure> {
    socket(plane.config_dir.as_deref(), plane.admin.as_ref())
}

/// The folder that runs, where somebody says it.
pub(crate) fn config_dir(plane: &Plane) -> Option<PathBuf> {
    plane.config_dir.clone().or_else(|| if plane.admin.is_none() { usual_folder() } else { None })
}

/// Not by clap, to which a variable is as good as a flag: `--admin` would contradict it.
fn socket(config_dir: Option<&Path>, admin: Option<&PathBuf>) -> Result<Admin, Failure> {
    let missing = || Failure::new(Exit::Usage, "which control plane? --config-dir DIR, --admin PATH or MESHGLOT_CONFIG_DIR is missing");
    plane(config_dir, admin.map(PathBuf::as_path)).ok_or_else(missing)
}

/// The folder where none is named.
fn usual_folder() -> Option<PathBuf> {
    std::env::var_os("MESHGLOT_CONFIG_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// The JSON document of a file.
pub(crate) fn from_file(from: &PlaneOrFile, io: &mut Io<'_>) -> Result<Value, Failure> {
    let path = from.filename.as_deref().unwrap_or(Path::new("-"));
    let text = text(path, io.stdin)?;
    let wrong = |error| Failure::new(Exit::Invalid, format!("{}: no JSON: {error}", path.display()));
    serde_json::from_str(&text).map_err(wrong)
}

/// The text of a file, or standard input.
pub(crate) fn text(path: &Path, stdin: &mut dyn Read) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        stdin.read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|error| Failure::new(Exit::Invalid, format!("{}: {error}", path.display())))?;
    Ok(text)
}
