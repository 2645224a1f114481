//! Whose authority it is: a new one is made once the folder is right, since its name cannot be changed later.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use meshglot_control::{TrustDomain, saved_trust_domain};

use super::directory::{Reader, objection, trust_domain as of_plan};
use super::state::StateFolder;
use super::{Told, cannot_open, say};
use crate::Io;
use crate::exit::{Exit, Failure};

/// How often a folder that is not right yet is read.
const LOOK: Duration = Duration::from_millis(300);

pub(super) enum Found {
    Domain(TrustDomain),
    /// It is over before it began.
    End(Exit),
}

/// The trust domain of the folder if that is right, else of the authority that was made before; else it waits.
pub(super) fn trust_domain(
    reader: &Reader,
    state: &StateFolder,
    strict: bool,
    told: &Receiver<Told>,
    io: &mut Io<'_>,
) -> Result<Found, Failure> {
    let mut before = None;
    loop {
        let (why, errors) = match reader.read() {
            Err(failure) => (failure.message(), Vec::new()),
            Ok((reading, _)) => {
                let plan = reader.plan(&reading);
                match objection(&plan) {
                    None => return parsed(&of_plan(&plan)).map(Found::Domain),
                    Some(why) => (why, plan.errors().cloned().collect()),
                }
            }
        };
        // What is wrong is told when the folder is read again.
        let saved = saved_trust_domain(&state.authority()).map_err(|error| cannot_open(&error.into()))?;
        if let Some(saved) = saved {
            return Ok(Found::Domain(saved));
        }
        if before.as_ref() != Some(&why) {
            say(&Told::Blocked { why: why.clone(), errors, anything: false }, io)?;
            before = Some(why);
        }
        if strict {
            return Ok(Found::End(Exit::Invalid));
        }
        if let Ok(Told::End(_)) = told.recv_timeout(LOOK) {
            return Ok(Found::End(Exit::Ok));
        }
    }
}

fn parsed(domain: &str) -> Result<TrustDomain, Failure> {
    domain.parse().map_err(|error| Failure::new(Exit::Invalid, format!("the trust domain of the Mesh: {error}")))
}
