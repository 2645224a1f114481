//! `/capabilities?backend=&feature=&used=yes`: what each mesh can say, and which case proves it.

use askama::Template;
use meshglot_translator::answer::{Capabilities, CellAnswer, FeatureAnswer};
use meshglot_translator::render::{Verdict, used};

use crate::format::Format;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::parts::cli::CommandLine;
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

/// The table has a row per feature and a column per mesh.
#[derive(Template)]
#[template(path = "pages/capabilities.html")]
struct Page<'p> {
    chrome: Chrome,
    all: Vec<&'static str>,
    backends: Vec<&'static str>,
    features: &'p [FeatureAnswer],
    asked: &'p Asked<'p>,
    legend: [(Badge, &'static str); 7],
}

/// What the query asks for.
struct Asked<'q> {
    backend: Option<&'q str>,
    feature: Option<&'q str>,
    used: bool,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let asked = Asked { backend: visit.query.get("backend"), feature: visit.query.get("feature"), used: visit.query.get("used").is_some() };
    let all = visit.snapshot.mesh_names();
    if let Some(name) = asked.backend.filter(|name| !all.contains(name)) {
        return Err(Problem::missing(format!("There is no backend `{name}`.")).did_you_mean(name, all));
    }
    let backends = || meshglot_registry::all().into_iter().filter(|backend| asked.backend.is_none_or(|name| name == backend.name()));
    let mut table = Capabilities::of(backends());
    if let Some(text) = asked.feature {
        table.features.retain(|row| row.feature.contains(text));
    }
    if asked.used {
        let used = used(&visit.snapshot.plan().model);
        table.features.retain(|row| used.contains(row.feature));
    }
    visit.reply(&table, || {
        // The command line takes a feature by its beginning: what is searched for anywhere is not asked of it.
        let command = if asked.used { visit.command("capabilities").word("--only-used") } else { CommandLine::new("capabilities") };
        let chrome = visit.chrome("Capabilities", Section::Capabilities, command.option("--backend", asked.backend));
        Ok(Page {
            chrome: chrome.forms(visit, &[Format::Json]),
            backends: backends().map(|backend| backend.name()).collect(),
            all: all.clone(),
            features: &table.features,
            asked: &asked,
            legend: Verdict::ALL.map(|verdict| (Badge::of_loss(verdict.word()), meaning(verdict))),
        })
    })
}

fn badge(cell: &CellAnswer) -> Badge {
    Badge::of_loss(cell.verdict)
}

fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Exact => "the same requests, the same result",
        Verdict::Equivalent => "the same outcome by another mechanism",
        Verdict::Rounded => "a number was changed",
        Verdict::Narrowed => "fewer requests are matched or allowed",
        Verdict::Dropped => "left out, with a warning",
        Verdict::Widened => "more is matched or allowed: only when you accept it by name",
        Verdict::Refused => "not rendered",
    }
}
