//! `/sse/events?kind=&q=&after=&run=`: what happens to a mesh.
//!
//! | Event | Data |
//! |---|---|
//! | `row` | the line of an event, as the page has it; its id is that of the event. One that is there already is replaced |
//! | `gone` | the id of an event that is told no more, because a newer one stands for it |
//! | `gap` | how many events at most are not told, because they are not remembered |
//! | `restart` | a word: the browser has events of another process, so that it has to ask for the page again |
//! | `state` | as `/sse/state` tells it, so that a page needs one connection |

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::response::sse::Event;
use tokio::time::sleep;

use super::resume::Resume;
use super::state::States;
use super::tell::{Tell, fragment, nothing, restart, told};
use crate::app::App;
use crate::live::Live;
use crate::moment::Moment;
use crate::pages::happened::{Asked, Row};
use crate::problem::Problem;
use crate::visit::Visit;

/// A browser is told no more often.
const BATCH: Duration = Duration::from_millis(200);

pub(crate) async fn stream(State(app): State<Arc<App>>, request: Request) -> Response {
    let Some(live) = app.source.live() else { return nothing() };
    let (parts, _) = request.into_parts();
    let visit = Visit::new(app.clone(), &parts, Vec::new());
    let asked = match Asked::of(&visit.query) {
        Ok(asked) => asked,
        Err(problem) => return visit.answer(Err(problem)),
    };
    let newest = *live.newest_event().borrow();
    let resume = Resume::of(&app, &parts, newest);
    told(move |tell| run(View { app: app.clone(), live, parts, asked }, States::of(&app), tell, resume))
}

/// What lines are drawn of, on a thread that may work.
#[derive(Clone)]
struct View {
    app: Arc<App>,
    live: Arc<dyn Live>,
    parts: Parts,
    asked: Asked,
}

/// What a browser has: how often each event happened, by its id.
type Known = BTreeMap<u64, u64>;

async fn run(view: View, mut states: States, tell: Tell, resume: Resume) {
    let mut newest = view.live.newest_event();
    if resume == Resume::Ended && !tell.say(restart()).await {
        return;
    }
    let mut known = Known::new();
    let mut gap = 0;
    if let Resume::After(id) = resume {
        let events = view.live.events().events;
        // Ids count one by one: what is missing before the first has been forgotten.
        gap = events.first().map_or(0, |first| first.id.saturating_sub(id + 1));
        known = events.iter().filter(|event| event.id <= id).map(|event| (event.id, event.count)).collect();
    }
    if gap > 0 && !tell.say(Event::default().event("gap").data(gap.to_string())).await {
        return;
    }
    loop {
        newest.borrow_and_update();
        let (next, had) = (view.clone(), known);
        let Ok(Ok((events, now))) = tokio::task::spawn_blocking(move || next.since(&had)).await else { return };
        known = now;
        for event in events {
            if !tell.say(event).await {
                return;
            }
        }
        sleep(BATCH).await;
        tokio::select! {
            () = tell.gone() => return,
            changed = newest.changed() => if changed.is_err() { return },
            (_, state) = states.next() => if !tell.say(state).await { return },
        }
    }
}

impl View {
    /// What a browser does not have yet, and what it has then.
    fn since(&self, known: &Known) -> Result<(Vec<Event>, Known), Problem> {
        let events = self.live.events().events;
        let now: Known = events.iter().map(|event| (event.id, event.count)).collect();
        let oldest = events.first().map_or(u64::MAX, |event| event.id);
        // What was only forgotten stays where it is shown.
        let gone = known.keys().filter(|id| **id > oldest && !now.contains_key(id));
        let gone = gone.map(|id| Event::default().event("gone").data(id.to_string()));
        let visit = Visit::new(self.app.clone(), &self.parts, Vec::new());
        let at = Moment::parse(&self.live.proxies().at);
        let fresh = events.iter().filter(|event| known.get(&event.id) != Some(&event.count) && self.asked.wants(event));
        let rows: Result<Vec<Event>, Problem> =
            fresh.map(|event| Ok(fragment("row", &Row::of(&visit, event, at).fragment()?).id(event.id.to_string()))).collect();
        Ok((gone.chain(rows?).collect(), now))
    }
}
