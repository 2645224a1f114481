//! `/proxies`: how far each proxy of a mesh that runs is with what it was sent.

use askama::Template;
use meshglot_observed::{Proxies, ProxyAnswer, Sync};

use crate::format::Format;
use crate::moment::Moment;
use crate::pages::Section;
use crate::pages::still::still;
use crate::parts::chrome::Chrome;
use crate::parts::filters;
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::Reply;
use crate::visit::Visit;

/// A page has no more rows.
const ROWS: usize = 500;

#[derive(Template)]
#[template(path = "pages/proxies.html")]
struct Page {
    chrome: Chrome,
    revision: u64,
    at: String,
    /// How many there are of each state, those of which there is one.
    counts: Vec<(Badge, usize)>,
    rows: Vec<Row>,
    all: usize,
    refusals: Vec<Refusal>,
}

/// One proxy.
struct Row {
    workload: String,
    /// Its calls.
    calls: String,
    instance: Option<String>,
    badge: Badge,
    /// `7 of 8`; empty: none.
    revision: String,
    /// How many states it is behind.
    behind: u64,
    since: Option<Since>,
    resources: String,
    identity: Option<String>,
    software: Option<String>,
}

/// Since when something is so.
struct Since {
    told: String,
    whole: String,
    ago: String,
}

/// What a proxy refuses, or has refused.
struct Refusal {
    workload: String,
    instance: String,
    kind: String,
    /// The resource; absent: it is mended, or was not told.
    name: Option<String>,
    why: String,
    when: Option<Since>,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let Some(live) = visit.app.source.live() else { return still(visit, "Proxies", Section::Proxies) };
    let proxies = live.proxies();
    visit.reply(&proxies, || {
        let now = Moment::parse(&proxies.at);
        let counted = |sync: Sync| (Badge::of_sync(sync), proxies.proxies.iter().filter(|one| one.sync == sync).count());
        Ok(Page {
            chrome: chrome(visit).forms(visit, &[Format::Json]),
            revision: proxies.revision,
            at: now.map_or_else(|| proxies.at.clone(), Moment::whole),
            counts: [Sync::Synced, Sync::Stale, Sync::Refused, Sync::Absent]
                .map(counted)
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .collect(),
            rows: proxies.proxies.iter().take(ROWS).map(|one| Row::of(visit, one, &proxies, now)).collect(),
            all: proxies.proxies.len(),
            refusals: proxies.proxies.iter().flat_map(|one| Refusal::all(one, now)).take(ROWS).collect(),
        })
    })
}

/// The command asks the folder that the mesh runs by, which is the one that is shown.
fn chrome(visit: &Visit) -> Chrome {
    let input = &visit.app.settings.input;
    match input.iter().position(|word| word == "-f").and_then(|at| input.get(at + 1)) {
        Some(folder) => {
            let command = crate::parts::cli::CommandLine::new("proxy").word("status").option("--config-dir", Some(folder));
            visit.chrome("Proxies", Section::Proxies, command)
        }
        None => visit.bare_chrome("Proxies", Section::Proxies),
    }
}

impl Row {
    fn of(visit: &Visit, one: &ProxyAnswer, proxies: &Proxies, now: Option<Moment>) -> Self {
        let ProxyAnswer { workload, instance, identity, sync, revision, since, software, resources, refused: _, last_refusal: _ } = one;
        let resources: Vec<String> = resources.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        Self {
            workload: workload.clone(),
            calls: visit.link(&format!("/live{}", Query::of([("svc", workload)]).text())),
            instance: instance.clone(),
            badge: Badge::of_sync(*sync),
            revision: revision.map(|revision| format!("{revision} of {}", proxies.revision)).unwrap_or_default(),
            behind: revision.map_or(0, |revision| proxies.revision.saturating_sub(revision)),
            since: since.as_deref().map(|since| Since::of(since, now)),
            resources: resources.join(", "),
            identity: identity.clone(),
            software: software.clone(),
        }
    }
}

impl Since {
    fn of(text: &str, now: Option<Moment>) -> Self {
        let moment = Moment::parse(text);
        Self {
            told: text.to_owned(),
            whole: moment.map_or_else(|| text.to_owned(), Moment::whole),
            ago: moment.zip(now).map(|(moment, now)| moment.ago(now)).unwrap_or_default(),
        }
    }
}

impl Refusal {
    /// What it refuses now; where that is nothing, what it refused last.
    fn all(one: &ProxyAnswer, now: Option<Moment>) -> Vec<Self> {
        let refusal = |kind: &str, name: Option<&str>, why: &str, when: Option<Since>| Self {
            workload: one.workload.clone(),
            instance: one.instance.clone().unwrap_or_default(),
            kind: kind.to_owned(),
            name: name.map(str::to_owned),
            why: why.to_owned(),
            when,
        };
        let last = one.last_refusal.as_ref().filter(|_| one.refused.is_empty());
        let refused = one.refused.iter().map(|one| refusal(&one.kind, Some(&one.name), &one.why, None));
        refused.chain(last.map(|last| refusal(&last.kind, None, &last.why, Some(Since::of(&last.at, now))))).collect()
    }
}
