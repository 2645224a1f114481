//! `/sse/live?svc=&verdict=&from=&to=&q=&after=&run=`: calls as they end.
//!
//! | Event | Data |
//! |---|---|
//! | `row` | the line of a call, as the page has it; its id is that of the call |
//! | `rates` | the numbers above the lines; its id is the newest call that was looked at |
//! | `gap` | how many calls at most are not told: they are not remembered, or came too fast |
//! | `restart` | a word: what the browser has was counted by another process, so that it has to ask for the page again |
//! | `state` | as `/sse/state` tells it, so that a page needs one connection |

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::response::sse::Event;
use meshglot_observed::Call;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::resume::Resume;
use super::state::States;
use super::tell::{Tell, fragment, nothing, restart, told};
use crate::app::App;
use crate::live::{Calls, Live};
use crate::pages::live::{Filter, ROWS, Row, rates_now};
use crate::problem::Problem;
use crate::seen::Ends;
use crate::visit::Visit;

/// A browser is told no more often.
const BATCH: Duration = Duration::from_millis(150);

/// How often rates are told.
const RATES: Duration = Duration::from_secs(2);

pub(crate) async fn stream(State(app): State<Arc<App>>, request: Request) -> Response {
    let Some(live) = app.source.live() else { return nothing() };
    let (parts, _) = request.into_parts();
    let visit = Visit::new(app.clone(), &parts, Vec::new());
    let filter = match Filter::of(&visit.query) {
        Ok(filter) => filter,
        Err(problem) => return visit.answer(Err(problem)),
    };
    let calls: Arc<dyn Calls> = live.calls().into();
    let newest = *calls.newest().borrow();
    let resume = Resume::of(&app, &parts, newest);
    told(move |tell| Stream { states: States::of(&app), view: View { app, live, calls, parts, filter } }.run(tell, resume))
}

/// One browser that looks.
struct Stream {
    view: View,
    states: States,
}

/// What lines are drawn of, on a thread that may work.
#[derive(Clone)]
struct View {
    app: Arc<App>,
    live: Arc<dyn Live>,
    calls: Arc<dyn Calls>,
    parts: Parts,
    filter: Filter,
}

/// What there is after a call.
struct Found {
    events: Vec<Event>,
    newest: u64,
}

impl Stream {
    async fn run(mut self, tell: Tell, resume: Resume) {
        let mut newest = self.view.calls.newest();
        let mut last = match resume {
            Resume::After(id) => Some(id),
            Resume::Fresh => None,
            Resume::Ended => {
                if !tell.say(restart()).await {
                    return;
                }
                None
            }
        };
        let mut rates = interval(RATES);
        rates.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            newest.borrow_and_update();
            let view = self.view.clone();
            let Ok(Ok(found)) = tokio::task::spawn_blocking(move || view.after(last)).await else { return };
            last = Some(found.newest);
            for event in found.events {
                if !tell.say(event).await {
                    return;
                }
            }
            sleep(BATCH).await;
            tokio::select! {
                () = tell.gone() => return,
                changed = newest.changed() => if changed.is_err() { return },
                _ = rates.tick() => {
                    let view = self.view.clone();
                    let Ok(Ok(event)) = tokio::task::spawn_blocking(move || view.rates()).await else { return };
                    if !tell.say(event.id(found.newest.to_string())).await {
                        return;
                    }
                }
                (_, state) = self.states.next() => if !tell.say(state).await { return },
            }
        }
    }
}

impl View {
    /// What came after a call; `None`: the newest that are remembered, whatever was before.
    fn after(&self, last: Option<u64>) -> Result<Found, Problem> {
        let calls = self.calls.after(last.unwrap_or_default());
        let newest = calls.last().map(|call| call.id).or(last).unwrap_or_default();
        let lost = match (last, calls.first()) {
            (Some(last), Some(first)) => first.id.saturating_sub(last + 1),
            _ => 0,
        };
        let ends = self.ends();
        let fits: Vec<&Arc<Call>> = calls.iter().filter(|call| ends.tells(call) && self.filter.wants(call)).collect();
        let skipped = fits.len().saturating_sub(ROWS);
        let missing = lost + if last.is_some() { skipped as u64 } else { 0 };
        let gap = (missing > 0).then(|| Event::default().event("gap").data(missing.to_string()));
        let visit = Visit::new(self.app.clone(), &self.parts, Vec::new());
        let row = |call: &&Arc<Call>| Ok(fragment("row", &Row::of(&visit, &ends, call).fragment()?).id(call.id.to_string()));
        let rows: Result<Vec<Event>, Problem> = fits[skipped..].iter().map(row).collect();
        Ok(Found { events: gap.into_iter().chain(rows?).collect(), newest })
    }

    fn rates(&self) -> Result<Event, Problem> {
        Ok(fragment("rates", &rates_now(&*self.live, &*self.calls, &self.ends(), &self.filter).fragment()?))
    }

    fn ends(&self) -> Ends {
        Ends::new(&self.app.source.snapshot(), &self.live.proxies())
    }
}
