//! `meshglot switch`: policy of a cluster moves to another backend, in stages that its controller takes.

mod edits;
mod follow;
mod page;
mod planned;
mod ready;
mod write;

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::sync::Arc;

use meshglot_controller::Snapshot;
use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::parse::Source;
use meshglot_translator::render::Backend;
use meshglot_translator::resolve::ReadOptions;
use serde_json::Value;

use crate::args::{Input, SwitchArgs};
use crate::check::Level;
use crate::cluster::Cluster;
use crate::exit::{Exit, Failure, Outcome};
use crate::plan::{Plan, accepted};
use crate::{Io, plan};
use edits::{Edit, of_meshes, of_namespaces};
pub(crate) use planned::ClusterSwitch;
use planned::{States, homes};

/// More than this is no answer.
const LONGEST: u64 = 64;

pub(crate) fn run(args: &SwitchArgs, io: &mut Io<'_>) -> Outcome {
    let unknown = || Failure::new(Exit::Usage, format!("there is no backend `{}`", args.to));
    let to = meshglot_registry::find(&args.to).ok_or_else(unknown)?;
    if !args.filenames.is_empty() {
        return of_files(args, to, io);
    }
    let cluster = Cluster::of(&args.cluster)?;
    let snapshot = cluster.read(Snapshot::read(&cluster.reader))?;
    let sources: Vec<Arc<Source>> = snapshot.sources.values().cloned().collect();
    let policy = Plan::policy(&sources, Vec::new(), ReadOptions::default());
    let meshes: Vec<Value> = snapshot.policy().iter().filter(|(key, _)| key.kind == Kind::Mesh).map(|(_, mesh)| mesh.clone()).collect();
    for namespace in &args.scope {
        if !cluster.has_namespace(namespace)? {
            return Err(Failure::new(Exit::Unreachable, format!("there is no namespace `{namespace}`")));
        }
    }
    let edits = edits(args, to.name(), &meshes, &policy)?;
    let states = States::of(&policy, &edits, &accepted(&args.accepted)?);
    let mut shown = planned::of(Some(&cluster), to, &states, &edits, io.arrow())?;
    shown.under_way = follow::under_way(&meshes);
    if !edits.is_empty() {
        shown.preconditions = ready::look(&cluster, to, &args.lease_namespace);
        if args.dry_run.as_deref() == Some("server") {
            shown.preconditions.extend(write::tried(&cluster, &edits, &shown.shown.bodies));
        }
    }
    page::show(&shown, args, io)?;
    if edits.is_empty() {
        let names: Vec<String> = follow::concerned(&meshes, args);
        return if args.wait && args.dry_run.is_none() { follow::until_there(&cluster, &names, args, io) } else { Ok(Exit::Ok) };
    }
    if args.dry_run.is_some() {
        tell(io, "nothing was changed")?;
        return Ok(Exit::No);
    }
    if !shown.withheld.is_empty() {
        let codes = shown.withheld.join(", ");
        let message = format!("nothing would be written for {}: it would allow more than the policy says ({codes})", to.name());
        return Err(Failure::new(Exit::Invalid, message).help("meshglot explain CODE says why; --allow-widening accepts it"));
    }
    if shown.preconditions.iter().any(|one| one.level == Level::Error) {
        tell(io, "nothing was changed: something has to be done first")?;
        return Ok(Exit::No);
    }
    io.stdout.flush()?;
    if !args.yes && !asked(&edits, io)? {
        tell(io, "nothing was changed")?;
        return Ok(Exit::No);
    }
    write::all(&cluster, &edits, io)?;
    if args.wait {
        let names: Vec<String> = edits.iter().filter(|edit| !matches!(edit, Edit::Delete(_))).map(|edit| edit.name().to_owned()).collect();
        return follow::until_there(&cluster, &names, args, io);
    }
    tell(io, "the controller does the rest; --wait follows it")?;
    Ok(Exit::Ok)
}

/// The plan alone, of policy in files.
fn of_files(args: &SwitchArgs, to: &'static dyn Backend, io: &mut Io<'_>) -> Outcome {
    let filenames = args.filenames.clone();
    let input = Input { filenames, recursive: args.recursive, namespace: "default".to_owned(), lenient: false, strict: false };
    let policy = plan::policy(&input, io)?;
    plan::tell_errors(&policy, io)?;
    if plan::is_invalid(&policy, false) {
        return Ok(Exit::Invalid);
    }
    let is_mesh = |key: &&ObjectKey| key.kind == Kind::Mesh;
    let meshes: Vec<Value> =
        policy.model.keys().filter(is_mesh).filter_map(|key| Some(policy.model.document(key)?.root().to_json())).collect();
    let edits = edits(args, to.name(), &meshes, &policy)?;
    let states = States::of(&policy, &edits, &accepted(&args.accepted)?);
    page::show(&planned::of(None, to, &states, &edits, io.arrow())?, args, io)?;
    Ok(if edits.is_empty() { Exit::Ok } else { Exit::No })
}

fn edits(args: &SwitchArgs, to: &str, meshes: &[Value], policy: &Plan) -> Result<Vec<Edit>, Failure> {
    if meshes.is_empty() {
        let failure = Failure::new(Exit::Invalid, "no Mesh says which backend policy is on");
        return Err(failure.help("a controller with --backend gives all policy to one mesh: write a Mesh, and start it with --backends"));
    }
    if args.scope.is_empty() {
        return of_meshes(meshes, to, args.mesh.as_deref());
    }
    Ok(of_namespaces(meshes, &homes(policy, &args.scope)?, to))
}

fn tell(io: &mut Io<'_>, words: &str) -> Result<(), Failure> {
    if !io.quiet {
        writeln!(io.stderr, "{words}")?;
    }
    Ok(())
}

/// Whether whoever sits at the terminal agrees.
fn asked(edits: &[Edit], io: &mut Io<'_>) -> Result<bool, Failure> {
    let what = format!("edit {}", edits.iter().map(|edit| format!("Mesh/{}", edit.name())).collect::<Vec<_>>().join(", "));
    if !std::io::stdin().is_terminal() {
        let failure = Failure::new(Exit::Usage, format!("it would {what}, and nobody can be asked"));
        return Err(failure.help("-y does it, --dry-run only shows the plan"));
    }
    write!(io.stderr, "{what}? [y/N] ")?;
    io.stderr.flush()?;
    let mut answer = String::new();
    std::io::BufReader::new((&mut *io.stdin).take(LONGEST)).read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
