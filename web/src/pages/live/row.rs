//! A call as a line of a table, the same in the page and in the stream.

use askama::Template;
use meshglot_observed::{Call, Party, Verdict};

use crate::moment::Moment;
use crate::parts::call::CallFields;
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::reply;
use crate::seen::Ends;
use crate::visit::Visit;

/// Longer paths are cut: the data has all of them.
const LONGEST: usize = 200;

/// A call in words.
pub(crate) struct Row {
    pub(crate) id: u64,
    /// As it was told, and as it is shown.
    pub(crate) at: (String, String),
    pub(crate) badge: Badge,
    pub(crate) from: End,
    pub(crate) to: End,
    /// Method and path, or that there is none.
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: String,
    /// What a proxy had to say of one that failed.
    pub(crate) told: String,
    pub(crate) milliseconds: u64,
    /// The rule that decided, or that the default did, and where that leads.
    pub(crate) by: (String, Option<String>),
}

/// An end of a call.
pub(crate) struct End {
    pub(crate) name: String,
    pub(crate) href: Option<String>,
    /// What else is known of it.
    pub(crate) note: Option<String>,
}

#[derive(Template)]
#[template(path = "fragments/call.html")]
struct Fragment<'r> {
    row: &'r Row,
}

impl Row {
    pub(crate) fn of(visit: &Visit, ends: &Ends, call: &Call) -> Self {
        // Of a call that was allowed or denied the rule says enough; the proxy's own words would crowd it out.
        let words = [&call.flags, &call.details].into_iter().flatten().filter(|_| call.verdict == Verdict::Failed);
        let told = words.map(String::as_str).collect::<Vec<_>>().join(" ");
        Self {
            id: call.id,
            at: (call.at.clone(), Moment::parse(&call.at).map_or_else(|| call.at.clone(), Moment::clock)),
            badge: Badge::of_seen(call.verdict),
            from: End::of(visit, ends, &call.source, false),
            to: End::of(visit, ends, &call.destination, true),
            method: call.method.clone().unwrap_or_else(|| "TCP".to_owned()),
            path: cut(call.path.as_deref().unwrap_or_default()),
            status: call.status.map(|status| status.to_string()).unwrap_or_default(),
            told,
            milliseconds: call.duration_ms,
            by: by(visit, ends, call),
        }
    }

    /// Its line alone.
    pub(crate) fn fragment(&self) -> Result<String, Problem> {
        reply::drawn(&Fragment { row: self })
    }
}

impl End {
    /// Of the called its Service comes first, since that is what callers name.
    fn of(visit: &Visit, ends: &Ends, party: &Party, is_called: bool) -> Self {
        let service = party.service.clone().filter(|_| is_called);
        let name = service.unwrap_or_else(|| party.name());
        let href = ends.service(party).and_then(|service| visit.object_link(&service.key.object()));
        let note = party.workload.clone().filter(|workload| *workload != name);
        Self { name, href, note }
    }
}

/// What decided a call: the page of the rule, or the trace of such a call.
fn by(visit: &Visit, ends: &Ends, call: &Call) -> (String, Option<String>) {
    if let Some(policy) = &call.policy {
        let object = policy.split('#').next().unwrap_or_default();
        return (policy.clone(), visit.named(object).map(|(_, link)| link));
    }
    ("default".to_owned(), why(visit, ends, call))
}

/// The trace of such a call, where both ends are known.
fn why(visit: &Visit, ends: &Ends, call: &Call) -> Option<String> {
    let (from, service) = (ends.account(&call.source)?, ends.service(&call.destination)?);
    let port = ends.port(&call.destination, call.authority.as_deref())?;
    let fields = CallFields {
        from: format!("sa/{from}"),
        to: format!("{}.{}:{port}", service.key.name, service.key.namespace),
        method: call.method.clone().unwrap_or_else(|| "TCP".to_owned()),
        path: call.path.clone().unwrap_or_else(|| "/".to_owned()),
        headers: String::new(),
    };
    Some(visit.link(&format!("/access/explain{}", fields.query().text())))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
