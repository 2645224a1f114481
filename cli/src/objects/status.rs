//! `meshglot status`: whether all policy is in force, and what is not.

use std::collections::BTreeMap;

use meshglot_translator::answer::Answer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::select::{Found, Missing, Selected};
use super::wire::Objects;
use super::{SOURCE_AT, need, of, tell_blocked};
use crate::Io;
use crate::args::ObjectStatusArgs;
use crate::cluster::{Asked, asked};
use crate::exit::{Exit, Failure, Outcome};
use crate::look::until_signal;
use crate::proxy::from_file;

/// How often it is asked for more.
const LOOK: std::time::Duration = std::time::Duration::from_millis(500);

/// How all policy stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectStatuses {
    /// The number of the policy that is in force; 0: none is, or each object of a cluster has one of its own.
    revision: u64,
    /// The time at which this was true (RFC 3339).
    at: String,
    /// Why what was read last is not in force; absent: it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<String>,
    /// By kind, namespace and name.
    objects: Vec<ObjectStatus>,
}

impl Answer for ObjectStatuses {
    const KIND: &'static str = "ObjectStatuses";
}

/// How an object of policy stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectStatus {
    /// `KIND/NAMESPACE/NAME`.
    object: String,
    /// Whether its newest generation is in force: `True`, `False` or `Unknown`.
    ready: String,
    /// One word for programs: `InForce`, `Refused`, `Invalid`.
    reason: String,
    /// For people.
    message: String,
    /// Name of the backend, or how many there are.
    backend: String,
    /// The worst verdict of all backends.
    loss: String,
    /// Rendered objects that are applied, of those desired.
    objects: String,
    /// Proxies that acknowledged, of all; `-` where nobody tells.
    synced: String,
    /// File and line.
    source: String,
}

pub(crate) fn run(args: &ObjectStatusArgs, io: &mut Io<'_>) -> Outcome {
    let selected = Selected::of(&args.selected.words, args.selected.namespace.as_deref())?;
    let Some(asked) = asked(&args.from, &args.cluster)? else {
        let wrong = |error| Failure::new(Exit::Invalid, format!("this is not what `meshglot status -o json` printed: {error}"));
        let statuses: ObjectStatuses = serde_json::from_value(from_file(&args.from, io)?).map_err(wrong)?;
        return show(&statuses, args, io);
    };
    let objects = of(&asked, &selected)?;
    let (statuses, missing) = statuses(&objects, &selected)?;
    tell_blocked(&objects, io)?;
    let exit = show(&statuses, args, io)?;
    need(&missing)?;
    if args.watch { watch(&asked, &selected, statuses, args, io) } else { Ok(exit) }
}

/// Shows each object whose status has changed, until a signal comes.
fn watch(asked: &Asked, selected: &Selected, first: ObjectStatuses, args: &ObjectStatusArgs, io: &mut Io<'_>) -> Outcome {
    let mut before: BTreeMap<String, ObjectStatus> = first.objects.into_iter().map(|one| (one.object.clone(), one)).collect();
    let mut blocked = first.blocked;
    until_signal(LOOK, || {
        let objects = of(asked, selected)?;
        let (mut now, _) = statuses(&objects, selected)?;
        if now.blocked != blocked {
            tell_blocked(&objects, io)?;
            blocked = now.blocked.clone();
        }
        let after: BTreeMap<String, ObjectStatus> = now.objects.iter().map(|one| (one.object.clone(), one.clone())).collect();
        now.objects.retain(|one| before.get(&one.object) != Some(one));
        for gone in before.keys().filter(|object| !after.contains_key(*object)) {
            writeln!(io.stderr, "note: {gone} is gone")?;
        }
        before = after;
        if !now.objects.is_empty() {
            lines(&now, args, io)?;
        }
        io.stdout.flush()?;
        Ok(())
    })
}

fn statuses(objects: &Objects, selected: &Selected) -> Result<(ObjectStatuses, Vec<Missing>), Failure> {
    let (found, missing) = selected.find(objects)?;
    let found = found.iter().filter(|one| one.has_status(objects)).map(ObjectStatus::of).collect();
    let Objects { revision, at, blocked, .. } = objects;
    Ok((ObjectStatuses { revision: *revision, at: at.clone(), blocked: blocked.clone(), objects: found }, missing))
}

impl ObjectStatus {
    fn of(found: &Found<'_>) -> Self {
        let summary = |name: &str| found.text(&format!("/status/summary/{name}")).to_owned();
        let (ready, reason, message) = match found.condition("Ready") {
            _ if found.is_stale() => ("Unknown", "Reconciling", "nobody has told yet how its newest generation stands"),
            None if found.is_told_later() => ("Unknown", "Starting", "nobody has told yet how it stands"),
            told => told.unwrap_or(("Unknown", "Starting", "")),
        };
        Self {
            object: found.key(),
            ready: ready.to_owned(),
            reason: reason.to_owned(),
            message: message.to_owned(),
            backend: summary("backend"),
            loss: summary("loss"),
            objects: summary("objects"),
            synced: summary("synced"),
            source: found.text(SOURCE_AT).to_owned(),
        }
    }

    fn row(&self, wide: bool) -> Vec<String> {
        let Self { object, ready, reason, message, backend, loss, objects, synced, source } = self;
        let cells = [object, ready, reason, backend, loss, objects, synced].into_iter().chain(wide.then_some(source));
        // Of what is in force there is nothing to say.
        let message = if ready == "True" { String::new() } else { crate::lint::line::plain(message) };
        cells.cloned().chain([message]).collect()
    }
}

fn show(statuses: &ObjectStatuses, args: &ObjectStatusArgs, io: &mut Io<'_>) -> Outcome {
    lines(statuses, args, io)?;
    if statuses.objects.is_empty() && !io.quiet {
        writeln!(io.stderr, "note: there is no policy")?;
    }
    io.stdout.flush()?;
    let ready = statuses.objects.iter().all(|one| one.ready == "True") && statuses.blocked.is_none();
    Ok(if ready { Exit::Ok } else { Exit::No })
}

fn lines(statuses: &ObjectStatuses, args: &ObjectStatusArgs, io: &mut Io<'_>) -> Result<(), Failure> {
    match args.output.as_str() {
        // A stream of documents is one a line.
        "json" if args.watch => {
            for one in &statuses.objects {
                writeln!(io.stdout, "{}", serde_json::json!(one))?;
            }
        }
        "json" => io.answer(statuses)?,
        "yaml" => io.answer_yaml(statuses)?,
        "name" => statuses.objects.iter().try_for_each(|one| writeln!(io.stdout, "{}", one.object))?,
        output => {
            let wide = output == "wide";
            let head = ["OBJECT", "READY", "REASON", "BACKEND", "LOSS", "OBJECTS", "SYNCED"].into_iter();
            let head = head.chain(wide.then_some("SOURCE")).chain(["MESSAGE"]).map(str::to_owned).collect();
            let rows: Vec<Vec<String>> = [head].into_iter().chain(statuses.objects.iter().map(|one| one.row(wide))).collect();
            io.columns(&rows)?;
        }
    }
    Ok(())
}
