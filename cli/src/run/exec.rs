//! Programs that run beside the mesh, each kept running.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio::runtime::Runtime;

use super::Told;
use super::state::StateFolder;
use crate::exit::{Exit, Failure};
use crate::supervise::{Happened, Supervisor, Unit, Voice};

/// The unit of `NAME=PROGRAM WORDS`; words are parted as a shell parts them, and no shell reads them.
pub(super) fn unit(text: &str) -> Result<Unit, Failure> {
    let wrong = |why: &str| Failure::new(Exit::Usage, format!("--exec {text}: {why}")).help("--exec 'ledger=./ledger --port 40001'");
    let (name, command) = text.split_once('=').ok_or_else(|| wrong("there is no NAME= before the program"))?;
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || name.starts_with('.') || name.len() > 63 || !name.bytes().all(good) {
        return Err(wrong("a name has letters, digits, - _ . and at most 63 of them"));
    }
    let words = shlex::split(command).ok_or_else(|| wrong("a quotation mark is not closed"))?;
    if words.is_empty() {
        return Err(wrong("there is no program"));
    }
    Ok(Unit { name: name.to_owned(), command: words.into_iter().map(Into::into).collect(), input: None, voice: Voice::Folder })
}

/// Starts them. What they say goes to files of the folder.
pub(super) fn start(units: Vec<Unit>, state: &StateFolder, tell: Sender<Told>, runtime: &Runtime) -> Result<Supervisor, Failure> {
    let mut names = BTreeSet::new();
    if let Some(twice) = units.iter().find(|unit| !names.insert(unit.name.clone())) {
        return Err(Failure::new(Exit::Usage, format!("--exec: two programs are called {}", twice.name)));
    }
    let mut supervisor = Supervisor::new(Arc::new(move |name, happened| {
        let told = match happened {
            Happened::Started | Happened::Said(_) => return,
            Happened::Trouble(why, pause) => Told::Trouble { unit: name.to_owned(), why, pause },
            Happened::Ended(status, pause) => Told::Trouble { unit: name.to_owned(), why: format!("it has ended ({status})"), pause },
        };
        // Nobody listens any more when it ends.
        let _ = tell.send(told);
    }));
    if units.is_empty() {
        return Ok(supervisor);
    }
    let logs = state.units()?;
    let _context = runtime.enter();
    for unit in units {
        supervisor.start(unit.logging_to(&logs));
    }
    Ok(supervisor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test]
    fn words_are_parted_as_a_shell_does() {
        let unit = unit("ledger=./ledger --name 'the ledger'").expect("a unit");
        assert_eq!((unit.name.as_str(), unit.command), ("ledger", ["./ledger", "--name", "the ledger"].map(Into::into).to_vec()));
    }

    #[test_case("./ledger", "there is no NAME="; "no name")]
    #[test_case("../x=./ledger", "a name has letters"; "a name that is a path")]
    #[test_case("ledger=", "there is no program"; "no program")]
    #[test_case("ledger=./ledger 'x", "is not closed"; "an open quotation")]
    fn others_are_refused(text: &str, why: &str) {
        let failure = unit(text).map(|_| ()).expect_err("it is wrong");
        assert!(failure.message().contains(why), "{}", failure.message());
    }
}
