//! `/events?kind=&q=`: what happened to a mesh that runs, as a page, as data and as a feed.

mod feed;
pub(crate) mod happened;

use askama::Template;
use meshglot_observed::Events;

use crate::format::Format;
use crate::moment::Moment;
use crate::pages::Section;
use crate::pages::still::still;
use crate::parts::chrome::Chrome;
use crate::parts::filters;
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::{self, Reply};
use crate::visit::Visit;
use feed::Feed;
use happened::{Asked, KINDS, Row};

/// A page has no more rows, and the feed no more entries; the data has all.
const ROWS: usize = 200;

#[derive(Template)]
#[template(path = "pages/events.html")]
struct Page {
    chrome: Chrome,
    asked: Asked,
    /// Word of the query, and how it is shown.
    kinds: Vec<(&'static str, Badge)>,
    rows: Vec<Row>,
    found: usize,
    all: usize,
    stream: String,
    feed: String,
    /// What is wrong with the form.
    problem: Option<Problem>,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let Some(live) = visit.app.source.live() else { return still(visit, "Events", Section::Events) };
    let (asked, problem) = match Asked::of(&visit.query) {
        Err(problem) if visit.format == Format::Html => (Asked::default(), Some(problem)),
        asked => (asked?, None),
    };
    let mut events = live.events();
    let (all, newest) = (events.events.len(), events.events.last().map_or(0, |event| event.id));
    events.events.retain(|event| asked.wants(event));
    if visit.format == Format::Atom {
        let feed = Feed::of(visit, &events, ROWS);
        return Ok(Reply::text(Format::Atom, reply::drawn(&feed)?));
    }
    let reply = visit.reply(&events, || {
        let now = Moment::parse(&live.proxies().at);
        let Events { events } = &events;
        Ok(Page {
            chrome: visit.bare_chrome("Events", Section::Events).forms(visit, &[Format::Json, Format::Atom]),
            kinds: KINDS.map(|(kind, word)| (word, Badge::of_event(kind))).into(),
            rows: events.iter().rev().take(ROWS).map(|event| Row::of(visit, event, now)).collect(),
            found: events.len(),
            all,
            stream: stream(visit, &asked, newest),
            feed: visit.in_form(Format::Atom),
            asked: asked.clone(),
            problem: problem.clone(),
        })
    })?;
    Ok(reply.but(problem.as_ref()))
}

/// The stream of what happens after an event.
fn stream(visit: &Visit, asked: &Asked, newest: u64) -> String {
    let own = Query::of([("after", &newest.to_string()), ("run", &visit.app.run)]);
    let query = format!("{}{}", asked.query().text(), own.text().replacen('?', "&", 1));
    visit.link(&format!("/sse/events?{}", &query[1..]))
}
