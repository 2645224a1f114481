//! `meshglot events` of a cluster: what was said of objects.

use std::collections::BTreeSet;

use super::select::Selected;
use crate::Io;
use crate::age::{age, now};
use crate::args::EventsArgs;
use crate::cluster::{Cluster, ObjectEvent, ObjectEvents};
use crate::exit::{Exit, Failure, Outcome};
use crate::lint::line::plain;
use crate::look::until_signal;

/// How often it is asked for more.
const LOOK: std::time::Duration = std::time::Duration::from_secs(1);

pub(crate) fn of_cluster(cluster: &Cluster, args: &EventsArgs, io: &mut Io<'_>) -> Outcome {
    let about = about(cluster, args)?;
    let ask = || cluster.events(args.namespace.as_deref(), about.as_deref());
    let events = ObjectEvents { at: now(), events: ask()? };
    let mut seen: BTreeSet<String> = events.events.iter().map(name).collect();
    of_file(events, args, io)?;
    if !args.watch {
        return Ok(Exit::Ok);
    }
    io.stdout.flush()?;
    until_signal(LOOK, || {
        let mut events = ask()?;
        events.retain(|event| !seen.contains(&name(event)));
        seen.extend(events.iter().map(name));
        show(&ObjectEvents { at: now(), events }, args, false, io)?;
        io.stdout.flush()?;
        Ok(())
    })
}

/// The same of what `-o json` printed.
pub(crate) fn of_file(events: ObjectEvents, args: &EventsArgs, io: &mut Io<'_>) -> Outcome {
    show(&events, args, true, io)?;
    if events.events.is_empty() && !args.watch && !io.quiet {
        writeln!(io.stderr, "note: nothing was said")?;
    }
    Ok(Exit::Ok)
}

/// The objects that are asked about, as events name them. Nobody needs to find them: what was said of one stays when it is gone.
fn about(cluster: &Cluster, args: &EventsArgs) -> Result<Option<Vec<String>>, Failure> {
    if args.about.is_empty() {
        return Ok(None);
    }
    if let Some(word) = args.about.iter().find(|word| !word.contains('/')) {
        return Err(Failure::new(Exit::Usage, format!("--for {word}: this is no KIND/NAME")));
    }
    let selected = Selected::of(&args.about, args.namespace.as_deref())?;
    Ok(Some(selected.keys(cluster.namespace())))
}

/// What one is known by: one that happens again is told again.
fn name(event: &ObjectEvent) -> String {
    format!("{} {} {} {}", event.last, event.object, event.reason, event.message)
}

fn show(events: &ObjectEvents, args: &EventsArgs, with_head: bool, io: &mut Io<'_>) -> Result<(), Failure> {
    match args.output.as_str() {
        // A stream of documents is one a line.
        "json" if args.watch => events.events.iter().try_for_each(|event| writeln!(io.stdout, "{}", serde_json::json!(event)))?,
        "json" => io.answer(events)?,
        _ if events.events.is_empty() => {}
        _ => {
            let head = ["LAST", "TYPE", "REASON", "OBJECT", "MESSAGE"].map(str::to_owned).to_vec();
            let rows: Vec<Vec<String>> =
                with_head.then_some(head).into_iter().chain(events.events.iter().map(|one| row(one, &events.at))).collect();
            io.columns(&rows)?;
        }
    }
    Ok(())
}

fn row(event: &ObjectEvent, at: &str) -> Vec<String> {
    let last = age(&event.last, at).unwrap_or_else(|| "-".to_owned());
    let times = if event.count > 1 { format!(" ({} times)", event.count) } else { String::new() };
    [last, event.type_.clone(), event.reason.clone(), event.object.clone(), format!("{}{times}", event.message)]
        .map(|cell| plain(&cell))
        .to_vec()
}
