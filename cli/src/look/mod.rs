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

use std::time::{Duration, Instant};

use meshglot_observed::Edges;

use crate::Io;
use crate::args::Looked;
use crate::exit::{Exit, Failure};
use crate::proxy::{Admin, from_file, from_plane};

pub(crate) use again::until_signal;
pub(crate) use calls::{Came, follow};
pub(crate) use edges::run as edges;
pub(crate) use events::run as events;
pub(crate) use stat::{Stat, run as stat};
pub(crate) use tap::run as tap;
pub(crate) use target::Target;
pub(crate) use top::run as top;

/// So long a time says something, where counters are read only while somebody looks.
const ENOUGH: Duration = Duration::from_secs(5);

/// How long that is waited for: there may be nobody to count.
const PATIENCE: Duration = Duration::from_secs(15);

/// How often it is asked for.
const PAUSE: Duration = Duration::from_millis(500);

/// All edges of a mesh that runs, or of a file; who is silent is told.
fn ask(looked: &Looked, window: Duration, io: &mut Io<'_>) -> Result<Edges, Failure> {
    match from_plane(&looked.mesh)? {
        Some(admin) => {
            let edges = counted(&admin, window)?;
            silence::tell(&edges, &admin, silence::Of::Counters, io)?;
            Ok(edges)
        }
        None => {
            let wrong = |error| Failure::new(Exit::Invalid, format!("this is not what `meshglot edges -o json` printed: {error}"));
            serde_json::from_value(from_file(&looked.mesh.from, io)?).map_err(wrong)
        }
    }
}

/// What was counted within a window. Where nobody looked before, it is waited until there is something to say.
fn counted(admin: &Admin, window: Duration) -> Result<Edges, Failure> {
    let path = format!("/edges?window={}", window.as_secs_f64());
    let began = Instant::now();
    loop {
        let edges: Edges = admin.get(&path)?;
        let is_enough = edges.window_seconds + 0.5 >= window.min(ENOUGH).as_secs_f64();
        if is_enough || !admin.counts_when_asked() || began.elapsed() >= PATIENCE {
            return Ok(edges);
        }
        std::thread::sleep(PAUSE);
    }
}
