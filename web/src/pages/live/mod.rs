//! `/live?svc=&verdict=&from=&to=&q=`: the newest calls of a mesh that runs, with what decided each of them.

mod filter;
mod rates;
mod row;
mod spark;

use std::sync::Arc;

use askama::Template;
use meshglot_observed::{Call, Verdict};
use meshglot_translator::answer::Answer;
use schemars::JsonSchema;
use serde::Serialize;

use crate::format::Format;
use crate::live::{Calls, Live};
use crate::pages::Section;
use crate::pages::still::still;
use crate::parts::chrome::Chrome;
use crate::parts::filters;
use crate::parts::known::services;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::Reply;
use crate::seen::{Ends, Window};
use crate::visit::Visit;
pub(crate) use filter::{Filter, VERDICTS};
use rates::{Drawn, Rates};
pub(crate) use row::Row;

/// As many rows are shown.
pub(crate) const ROWS: usize = 200;

/// The newest calls.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct LiveCalls {
    /// Of the ends that are asked for, whatever came of their calls.
    rates: Rates,
    /// The id of the newest call, asked for or not; 0: there was none.
    newest: u64,
    /// Those that are asked for, the newest first, at most 200. What both its proxies have seen is one call.
    calls: Vec<Call>,
}

impl Answer for LiveCalls {
    const KIND: &'static str = "LiveCalls";
}

#[derive(Template)]
#[template(path = "pages/live.html")]
struct Page {
    chrome: Chrome,
    filter: Filter,
    verdicts: [Verdict; 3],
    services: Vec<String>,
    rates: Drawn,
    rows: Vec<Row>,
    /// What the stream of such calls is called.
    stream: String,
    /// What is wrong with the form.
    problem: Option<Problem>,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let Some(live) = visit.app.source.live() else { return still(visit, "Live", Section::Live) };
    let (filter, problem) = match Filter::of(&visit.query) {
        Err(problem) if visit.format == Format::Html => (Filter::none(), Some(problem)),
        filter => (filter?, None),
    };
    let calls = live.calls();
    let ends = Ends::new(&visit.snapshot, &live.proxies());
    let answer = LiveCalls::of(&*live, &*calls, &ends, &filter);
    let reply = visit.reply(&answer, || {
        Ok(Page {
            chrome: visit.bare_chrome("Live", Section::Live).forms(visit, &[Format::Json]),
            verdicts: VERDICTS,
            services: services(visit.snapshot.inventory()),
            rates: answer.rates.drawn(),
            rows: answer.calls.iter().map(|call| Row::of(visit, &ends, call)).collect(),
            stream: stream(visit, &filter, answer.newest),
            filter,
            problem: problem.clone(),
        })
    })?;
    Ok(reply.but(problem.as_ref()))
}

/// The stream of what comes after a call.
fn stream(visit: &Visit, filter: &Filter, newest: u64) -> String {
    let own = Query::of([("after", &newest.to_string()), ("run", &visit.app.run)]);
    let query = format!("{}{}", filter.query().text(), own.text().replacen('?', "&", 1));
    visit.link(&format!("/sse/live?{}", &query[1..]))
}

impl LiveCalls {
    fn of(live: &dyn Live, calls: &dyn Calls, ends: &Ends, filter: &Filter) -> Self {
        let newest = *calls.newest().borrow();
        let remembered = calls.after(0);
        // One that came while this was asked is told by the page, so that the stream need not.
        let newest = remembered.last().map_or(newest, |call| call.id.max(newest));
        let once = || remembered.iter().rev().map(Arc::as_ref).filter(|call| ends.tells(call));
        Self {
            rates: Rates::of(&Window::of(live, ends), once(), filter),
            newest,
            calls: once().filter(|call| filter.wants(call)).take(ROWS).cloned().collect(),
        }
    }
}

/// Rates as a stream tells them.
pub(crate) fn rates_now(live: &dyn Live, calls: &dyn Calls, ends: &Ends, filter: &Filter) -> Rates {
    let remembered = calls.after(0);
    let once = remembered.iter().map(Arc::as_ref).filter(|call| ends.tells(call));
    Rates::of(&Window::of(live, ends), once, filter)
}
