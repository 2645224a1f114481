//! An event as a line of a table, the same in the page and in the stream, and which ones are asked for.

use askama::Template;
use meshglot_observed::{Event, Kind};

use crate::moment::Moment;
use crate::parts::filters;
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply;
use crate::visit::Visit;

/// What an event may be, with its word in the query, which is that of the data.
pub(crate) const KINDS: [(Kind, &str); 6] = [
    (Kind::InForce, "inForce"),
    (Kind::Blocked, "blocked"),
    (Kind::Warning, "warning"),
    (Kind::Started, "started"),
    (Kind::Trouble, "trouble"),
    (Kind::Note, "note"),
];

/// Which events are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    kind: Option<Kind>,
    /// The word of the kind.
    pub(crate) word: String,
    /// A part of what is said, or of what it is about.
    pub(crate) words: String,
}

/// An event in words.
pub(crate) struct Row {
    pub(crate) id: u64,
    /// As it was told, as it is shown, and how long ago.
    pub(crate) at: (String, String, String),
    pub(crate) badge: Badge,
    pub(crate) about: String,
    pub(crate) message: String,
    pub(crate) count: u64,
    /// Its place in the page of all.
    pub(crate) link: String,
}

#[derive(Template)]
#[template(path = "fragments/event.html")]
struct Fragment<'r> {
    row: &'r Row,
}

impl Asked {
    pub(crate) fn of(query: &Query) -> Result<Self, Problem> {
        let [word, words] = ["kind", "q"].map(|name| query.get(name).unwrap_or_default().trim().to_owned());
        let kind = |word: &str| {
            let found = KINDS.into_iter().find(|(_, known)| *known == word).map(|(kind, _)| kind);
            found.ok_or_else(|| Problem::bad(format!("No event is `{word}`.")).did_you_mean(word, KINDS.map(|(_, word)| word)))
        };
        let kind = Some(&*word).filter(|word| !word.is_empty()).map(kind).transpose()?;
        Ok(Self { kind, word, words })
    }

    pub(crate) fn is_none(&self) -> bool {
        self.query().text().is_empty()
    }

    /// The query that asks for the same.
    pub(crate) fn query(&self) -> Query {
        Query::of([("kind", &self.word), ("q", &self.words)])
    }

    pub(crate) fn wants(&self, event: &Event) -> bool {
        let words = self.words.to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&words);
        self.kind.is_none_or(|kind| kind == event.kind)
            && (words.is_empty() || holds(&event.message) || event.about.as_deref().is_some_and(holds))
    }
}

impl Row {
    pub(crate) fn of(visit: &Visit, event: &Event, now: Option<Moment>) -> Self {
        let moment = Moment::parse(&event.at);
        let ago = moment.zip(now).map(|(moment, now)| moment.ago(now)).unwrap_or_default();
        Self {
            id: event.id,
            at: (event.at.clone(), moment.map_or_else(|| event.at.clone(), Moment::whole), ago),
            badge: Badge::of_event(event.kind),
            about: event.about.clone().unwrap_or_default(),
            message: event.message.clone(),
            count: event.count,
            link: visit.link(&format!("/events#e{}", event.id)),
        }
    }

    /// Its line alone.
    pub(crate) fn fragment(&self) -> Result<String, Problem> {
        reply::drawn(&Fragment { row: self })
    }
}
