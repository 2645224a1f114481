//! `meshglot wait`: until objects are as they should be.

use std::time::{Duration, Instant};

use super::select::{Found, Missing, Selected};
use super::wire::Objects;
use super::{need, of, of_plane, tell_blocked};
use crate::Io;
use crate::args::WaitArgs;
use crate::cluster::{Asked, asked};
use crate::exit::{Exit, Failure, Outcome};
use crate::proxy::Admin;

/// How often a mesh of this machine is asked.
const LOOK: Duration = Duration::from_millis(100);

/// The same of a cluster, which is asked by everybody.
const LOOK_AT_CLUSTER: Duration = Duration::from_millis(500);

/// How long it has to look hopeless in a cluster. Objects that are written together come to a controller one by one: a split may be
/// there before its Services.
const HOPELESS: Duration = Duration::from_secs(3);

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// The object is there.
    Create,
    /// It is not.
    Delete,
    /// Every proxy has it.
    Synced,
    /// A condition has this status.
    Condition { type_: String, status: String },
}

/// Where an object is on the way to that.
enum Progress {
    There,
    /// In words.
    Not(String),
    /// Only an edit helps.
    Never(String),
}

pub(crate) fn run(args: &WaitArgs, io: &mut Io<'_>) -> Outcome {
    let until = Until::of(&args.until)?;
    let selected = Selected::of(&args.selected.words, args.selected.namespace.as_deref())?;
    // No file was named: somebody is asked.
    let Some(asked) = asked(&args.plane, &args.cluster)? else { return Ok(Exit::Ok) };
    wait(&asked, &until, &selected, args.timeout, io)
}

/// The same for whoever has written what is waited for.
pub(super) fn wait(asked: &Asked, until: &Until, selected: &Selected, timeout: Duration, io: &mut Io<'_>) -> Outcome {
    let (look_again, hopeless) = match asked {
        Asked::Cluster(_) => (LOOK_AT_CLUSTER, HOPELESS),
        _ => (LOOK, Duration::ZERO),
    };
    let (since, mut never_since) = (Instant::now(), None);
    loop {
        let objects = of(asked, selected)?;
        let (found, missing) = selected.find(&objects)?;
        if *until == Until::Delete && found.is_empty() {
            return done(&missing.iter().map(|one| format!("{one} is gone")).collect::<Vec<_>>(), io);
        }
        // Of many kinds only policy has what can be waited for; what is named and has none is told.
        let is_asked = |one: &Found<'_>| selected.names_some() || *until == Until::Create || one.has_status(&objects);
        let found: Vec<Found<'_>> = found.into_iter().filter(is_asked).collect();
        let Looked { there, open, never } = look(until, &found, &missing)?;
        match never {
            Some(why) if never_since.get_or_insert_with(Instant::now).elapsed() >= hopeless.min(timeout) => {
                return Err(Failure::new(Exit::No, why));
            }
            Some(_) => {}
            None => never_since = None,
        }
        if open.is_empty() {
            return done(&there, io);
        }
        if since.elapsed() >= timeout {
            tell_blocked(&objects, io)?;
            let message = format!("timed out after {} s: {}", timeout.as_secs_f64(), open.join("; "));
            return Err(Failure::new(Exit::TimedOut, message));
        }
        std::thread::sleep(look_again.min(timeout));
    }
}

/// In words.
struct Looked {
    there: Vec<String>,
    /// What is not as it should be.
    open: Vec<String>,
    /// Why the first of these never will.
    never: Option<String>,
}

fn look(until: &Until, found: &[Found<'_>], missing: &[Missing]) -> Result<Looked, Failure> {
    let (mut there, mut open, mut never) = (Vec::new(), Vec::new(), None);
    for one in found {
        match until.progress(one) {
            Progress::There => there.push(format!("{} {}", one.key(), until.met())),
            Progress::Not(why) => open.push(format!("{}: {why}", one.key())),
            Progress::Never(why) => {
                let why = format!("{}: {why}", one.key());
                never.get_or_insert_with(|| why.clone());
                open.push(why);
            }
        }
    }
    match until {
        // kubectl does the same: what is not there can have no condition.
        Until::Condition { .. } | Until::Synced if !missing.is_empty() => need(missing)?,
        Until::Condition { .. } | Until::Synced | Until::Create if found.is_empty() && missing.is_empty() => {
            return Err(Failure::new(Exit::Unreachable, "nothing found to wait for"));
        }
        Until::Create => open.extend(missing.iter().map(|one| format!("{one} is not there"))),
        _ => {}
    }
    Ok(Looked { there, open, never })
}

fn done(there: &[String], io: &mut Io<'_>) -> Outcome {
    there.iter().try_for_each(|one| writeln!(io.stdout, "{one}"))?;
    Ok(Exit::Ok)
}

/// Until what was written is in force: the same for objects that a command has just edited.
pub(super) fn until_in_force(
    admin: &Admin,
    selected: &Selected,
    is_there: impl Fn(&Objects) -> bool,
    patience: Duration,
) -> Result<(), Failure> {
    let since = Instant::now();
    loop {
        let objects = of_plane(admin, selected)?;
        if is_there(&objects) {
            return Ok(());
        }
        if since.elapsed() >= patience {
            let why = objects.blocked.unwrap_or_else(|| "the mesh has not read it yet".to_owned());
            return Err(Failure::new(Exit::TimedOut, format!("written, but not in force after {} s: {why}", patience.as_secs())));
        }
        std::thread::sleep(LOOK);
    }
}

impl Until {
    fn of(text: &str) -> Result<Self, Failure> {
        match text {
            "create" => return Ok(Self::Create),
            "delete" => return Ok(Self::Delete),
            "synced" => return Ok(Self::Synced),
            _ => {}
        }
        let wrong = || {
            let failure = Failure::new(Exit::Usage, format!("--for {text}: nothing that can be waited for"));
            failure.help("it takes condition=Ready, condition=Lossless=False, synced, create or delete")
        };
        let condition = text.strip_prefix("condition=").ok_or_else(wrong)?;
        let (type_, status) = condition.split_once('=').unwrap_or((condition, "True"));
        let status = ["True", "False", "Unknown"].into_iter().find(|word| word.eq_ignore_ascii_case(status)).ok_or_else(wrong)?;
        if type_.is_empty() {
            return Err(wrong());
        }
        Ok(Self::Condition { type_: type_.to_owned(), status: status.to_owned() })
    }

    fn met(&self) -> String {
        match self {
            Self::Create => "is there".to_owned(),
            Self::Delete => "is gone".to_owned(),
            Self::Synced => "is synced".to_owned(),
            Self::Condition { type_, status } if status == "True" => format!("is {type_}"),
            Self::Condition { type_, status } => format!("has {type_}={status}"),
        }
    }

    fn progress(&self, found: &Found<'_>) -> Progress {
        match self {
            Self::Create => Progress::There,
            Self::Delete => Progress::Not("is there".to_owned()),
            Self::Synced => match found.text("/status/summary/synced").split_once('/') {
                // One that is not in force is known by nobody, however many proxies have what is.
                Some((have, all)) if have == all && found.condition("Ready").is_some_and(|(ready, ..)| ready == "True") => Progress::There,
                Some((have, all)) => self.or_never(found, format!("{have} of {all} proxies have it")),
                // Who writes statuses into a cluster is told by no mesh what its proxies have.
                None if found.object.get("status").is_some() => Progress::Never(
                    "its status does not count proxies: `meshglot proxy status` tells what those of the built-in mesh have".to_owned(),
                ),
                None => Progress::Never("it has no status: only policy goes to proxies".to_owned()),
            },
            Self::Condition { type_, status } => match found.condition(type_) {
                _ if found.is_stale() => Progress::Not("nobody has told yet how its newest generation stands".to_owned()),
                Some((is, ..)) if is == status => Progress::There,
                // A condition that is only told while it holds.
                None if status == "False" && found.object.get("status").is_some() => Progress::There,
                Some((is, reason, message)) => self.or_never(found, format!("{type_} is {is}: {reason}: {message}")),
                None if found.is_told_later() => Progress::Not("nobody has told yet how it stands".to_owned()),
                None if found.object.get("status").is_none() => Progress::Never("it has no status: only policy has one".to_owned()),
                None => Progress::Not(format!("it has no condition {type_}")),
            },
        }
    }

    /// `Stalled`: whoever waits for something good waits for ever.
    fn or_never(&self, found: &Found<'_>, why: String) -> Progress {
        let good = match self {
            Self::Condition { type_, status } => status == "True" && !["Stalled", "Conflict"].contains(&type_.as_str()),
            _ => true,
        };
        let stalled = found.condition("Stalled").filter(|(is, ..)| good && *is == "True");
        stalled.map_or(Progress::Not(why), |(_, reason, message)| Progress::Never(format!("{reason}: {message}")))
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("create", Some(Until::Create))]
    #[test_case("synced", Some(Until::Synced))]
    #[test_case("condition=Ready", Some(Until::Condition { type_: "Ready".to_owned(), status: "True".to_owned() }))]
    #[test_case("condition=Lossless=false", Some(Until::Condition { type_: "Lossless".to_owned(), status: "False".to_owned() }))]
    #[test_case("condition=", None; "no condition")]
    #[test_case("condition=Ready=maybe", None; "no status")]
    #[test_case("Ready", None; "no sort")]
    fn what_is_waited_for(text: &str, want: Option<Until>) {
        assert_eq!(Until::of(text).ok(), want);
    }
}
