//! `meshglot tap`, `edges`, `stat`, `top` and `events`: looks at a mesh that runs.

mod again;
mod arrival;
mod calls;
mod edges;
mod events;
mod filter;
mod line;
mod number;
mod silence;
mod stat;
mod tap;
mod target;
mod top;

use std::time::Duration;

use meshglot_observed::Edges;

use crate::Io;
use crate::args::Looked;
use crate::exit::{Exit, Failure};
use crate::proxy::{from_file, from_plane};

pub(crate) use again::until_signal;
pub(crate) use calls::{Came, follow};
pub(crate) use edges::run as edges;
pub(crate) use events::run as events;
pub(crate) use stat::{Stat, run as stat};
pub(crate) use tap::run as tap;
pub(crate) use target::Target;
pub(crate) use top::run as top;

/// All edges of a mesh that runs, or of a file; who is silent is told.
fn ask(looked: &Looked, window: Duration, io: &mut Io<'_>) -> Result<Edges, Failure> {
    match from_plane(&looked.from)? {
        Some(admin) => {
            let edges = admin.get(&format!("/edges?window={}", window.as_secs_f64()))?;
            silence::tell(&edges, &admin, silence::Of::Counters, io)?;
            Ok(edges)
        }
        None => {
            let wrong = |error| Failure::new(Exit::Invalid, format!("this is not what `meshglot edges -o json` printed: {error}"));
            serde_json::from_value(from_file(&looked.from, io)?).map_err(wrong)
        }
    }
}
