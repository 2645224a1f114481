//! `meshglot events`: what happened to a mesh that runs.

use std::time::Duration;

use meshglot_observed::{Event, Events, Kind};
use meshglot_translator::answer::Answer as _;

use super::until_signal;
use crate::Io;
use crate::args::EventsArgs;
use crate::cluster::{Asked, ObjectEvents, asked};
use crate::exit::{Exit, Failure, Outcome};
use crate::lint::line::plain;
use crate::objects::{events_of_cluster, events_of_file};
use crate::proxy::{Admin, from_file};

/// How often it is asked for more.
const LOOK: Duration = Duration::from_millis(500);

pub(crate) fn run(args: &EventsArgs, io: &mut Io<'_>) -> Outcome {
    let admin = match asked(&args.from, &args.cluster)? {
        Some(Asked::Cluster(cluster)) => return events_of_cluster(&cluster, args, io),
        Some(Asked::Plane(_)) if !args.about.is_empty() => {
            return Err(Failure::new(Exit::Usage, "--for: a standalone mesh tells all that has happened").help("it is for a cluster"));
        }
        Some(Asked::Plane(admin)) => admin,
        None => {
            let wrong = |error| Failure::new(Exit::Invalid, format!("this is not what `meshglot events -o json` printed: {error}"));
            let file = from_file(&args.from, io)?;
            if file["kind"] == ObjectEvents::KIND {
                return events_of_file(serde_json::from_value(file).map_err(wrong)?, args, io);
            }
            let events: Events = serde_json::from_value(file).map_err(wrong)?;
            return show(&events, args, io);
        }
    };
    let events: Events = admin.get("/events")?;
    show(&events, args, io)?;
    if !args.watch {
        return Ok(Exit::Ok);
    }
    io.stdout.flush()?;
    let mut last = newest(&events);
    until_signal(LOOK, || {
        last = more(&admin, last, args, io)?;
        Ok(())
    })
}

/// Shows those after `last`; the id of the newest.
fn more(admin: &Admin, last: u64, args: &EventsArgs, io: &mut Io<'_>) -> Result<u64, Failure> {
    let mut events: Events = admin.get("/events")?;
    events.events.retain(|event| event.id > last);
    let newest = newest(&events).max(last);
    show(&events, args, io)?;
    io.stdout.flush()?;
    Ok(newest)
}

fn newest(events: &Events) -> u64 {
    events.events.iter().map(|event| event.id).max().unwrap_or_default()
}

/// As lines rather than columns where more may come, whose widths nobody knows.
fn show(events: &Events, args: &EventsArgs, io: &mut Io<'_>) -> Outcome {
    if args.output == "json" {
        if args.watch {
            events.events.iter().try_for_each(|event| writeln!(io.stdout, "{}", serde_json::json!(event)))?;
        } else {
            io.answer(events)?;
        }
        return Ok(Exit::Ok);
    }
    for event in &events.events {
        writeln!(io.stdout, "{}", line(event))?;
    }
    if events.events.is_empty() && !args.watch && !io.quiet {
        writeln!(io.stderr, "note: nothing has happened yet")?;
    }
    Ok(Exit::Ok)
}

/// `2026-11-22T02:00:00.123Z trouble   bank/ledger: why (3 times)`.
fn line(event: &Event) -> String {
    let about = event.about.as_ref().map(|about| format!("{about}: ")).unwrap_or_default();
    let times = if event.count > 1 { format!(" ({} times)", event.count) } else { String::new() };
    plain(&format!("{} {:<9} {about}{}{times}", event.at, word(event.kind), event.message))
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::InForce => "in force",
        Kind::Blocked => "blocked",
        Kind::Warning => "warning",
        Kind::Started => "started",
        Kind::Trouble => "trouble",
        Kind::Note => "note",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_line() {
        let event = Event {
            id: 7,
            at: "2026-11-22T02:00:00.123Z".to_owned(),
            kind: Kind::Trouble,
            about: Some("bank/ledger".to_owned()),
            message: "no\u{1b}[2J".to_owned(),
            count: 3,
        };
        assert_eq!(line(&event), "2026-11-22T02:00:00.123Z trouble   bank/ledger: no\\u{1b}[2J (3 times)");
        let event = Event { about: None, kind: Kind::InForce, message: "revision 2".to_owned(), count: 1, ..event };
        assert_eq!(line(&event), "2026-11-22T02:00:00.123Z in force  revision 2");
    }
}
