//! Events as an Atom feed (RFC 4287).

use askama::Template;
use meshglot_observed::{Event, Events};

use crate::format::Format;
use crate::parts::verdict::Badge;
use crate::visit::Visit;

/// What a feed of nothing was updated at: a feed has to say something.
const NEVER: &str = "1970-01-01T00:00:00Z";

/// The newest events.
#[derive(Template)]
#[template(path = "pages/events.atom", escape = "html")]
pub(super) struct Feed {
    /// Addresses of the feed and of the page.
    own: String,
    page: String,
    updated: String,
    entries: Vec<Entry>,
}

/// One event.
struct Entry {
    /// Ids begin anew with each process, so that they hold its name.
    id: String,
    link: String,
    title: String,
    updated: String,
    kind: &'static str,
    text: String,
}

impl Feed {
    /// The newest of these, at most so many.
    pub(super) fn of(visit: &Visit, events: &Events, most: usize) -> Self {
        let newest = events.events.last();
        Self {
            own: visit.in_form(Format::Atom),
            page: visit.link("/events"),
            updated: newest.map_or_else(|| NEVER.to_owned(), |event| event.at.clone()),
            entries: events.events.iter().rev().take(most).map(|event| Entry::of(visit, event)).collect(),
        }
    }
}

impl Entry {
    fn of(visit: &Visit, event: &Event) -> Self {
        let kind = Badge::of_event(event.kind).word;
        let about = event.about.as_deref().map(|about| format!("{about}: ")).unwrap_or_default();
        let repeated = if event.count > 1 { format!(" ({} times)", event.count) } else { String::new() };
        Self {
            id: format!("tag:meshglot.dev,2026:event/{}/{}", visit.app.run, event.id),
            link: visit.link(&format!("/events#e{}", event.id)),
            title: plain(&format!("{kind}: {about}{}{repeated}", event.message)),
            updated: event.at.clone(),
            kind,
            text: plain(&format!("{about}{}{repeated}", event.message)),
        }
    }
}

/// Without what XML cannot hold, however it is escaped.
fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() && letter != '\t' || ['\u{fffe}', '\u{ffff}'].contains(&letter) { ' ' } else { letter })
        .collect()
}
