//! `/findings?severity=&code=&backend=&q=`: what is wrong with policy, and what each mesh would lose.

use askama::Template;
use meshglot_translator::answer::FindingsAnswer;
use meshglot_translator::diagnostic::Place;
use meshglot_translator::lint::Finding;

use crate::format::Format;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::parts::filters;
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

/// A page has no more rows; filters find the others.
const ROWS: usize = 500;

#[derive(Template)]
#[template(path = "pages/findings.html")]
struct Page<'p> {
    chrome: Chrome,
    asked: Asked<'p>,
    rows: Vec<Row>,
    found: usize,
    all: usize,
    suppressed: usize,
    backends: Vec<&'static str>,
}

/// What the query asks for.
struct Asked<'q> {
    severity: &'q str,
    code: &'q str,
    backend: &'q str,
    words: &'q str,
}

/// One finding, as a line of a table.
pub(crate) struct Row {
    pub(crate) badge: Badge,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: String,
    /// The mesh that it is about; empty: the input.
    pub(crate) backend: &'static str,
    /// `FILE:LINE:COLUMN`, and the page where that line stands.
    pub(crate) place: Option<(String, Option<String>)>,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let findings = visit.snapshot.findings();
    match visit.format {
        // As the command line prints it: all of them.
        Format::Json => return Ok(Reply::json(&FindingsAnswer::from(findings))),
        Format::Html => {}
        other => return Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
    let [severity, code, backend, words] = ["severity", "code", "backend", "q"].map(|name| visit.query.get(name).unwrap_or_default());
    let asked = Asked { severity, code, backend, words };
    let counting: Vec<&Finding> = findings.counting().collect();
    let found: Vec<&Finding> = counting.iter().copied().filter(|finding| asked.wants(finding)).collect();
    Reply::html(&Page {
        chrome: visit
            .chrome("Findings", Section::Overview, visit.command("lint").word("--backend").word("all"))
            .forms(visit, &[Format::Json]),
        rows: found.iter().take(ROWS).map(|finding| Row::of(visit, finding)).collect(),
        found: found.len(),
        all: counting.len(),
        suppressed: findings.all.len() - counting.len(),
        backends: visit.snapshot.mesh_names(),
        asked,
    })
}

impl Asked<'_> {
    fn wants(&self, finding: &Finding) -> bool {
        let Self { severity, code, backend, words } = *self;
        (severity.is_empty() || finding.severity().to_string() == severity)
            && (code.is_empty() || finding.code().info().name == code)
            && (backend.is_empty() || backend_of(finding) == backend)
            && (words.is_empty()
                || finding.message().contains(words)
                || finding.object().is_some_and(|key| key.to_string().contains(words)))
    }
}

fn backend_of(finding: &Finding) -> &'static str {
    match finding {
        Finding::Diagnostic(_) => "",
        Finding::Loss(loss) => loss.backend,
    }
}

impl Row {
    /// A finding about a text that stands on the same page, line by line.
    pub(crate) fn within(finding: &Finding) -> Self {
        Self::placed(finding, |line| Some(format!("#L{line}")))
    }

    /// A finding about policy that is shown.
    pub(crate) fn of(visit: &Visit, finding: &Finding) -> Self {
        // What is told of one object may stand in another, which it names.
        let holder = match finding.place() {
            Some(Place::Value(origin)) => visit.snapshot.plan().model.key_of(origin.document()),
            Some(Place::Text(_)) | None => None,
        };
        Self::placed(finding, |line| visit.line_link(holder.as_ref().or(finding.object())?, line))
    }

    /// `link`: the page where a line stands.
    fn placed(finding: &Finding, link: impl FnOnce(u32) -> Option<String>) -> Self {
        let (badge, message) = match finding {
            Finding::Diagnostic(diagnostic) => (Badge::of_severity(&diagnostic.severity.to_string()), diagnostic.message.clone()),
            Finding::Loss(loss) => (Badge::of_loss(loss.verdict.word()), loss.message.clone()),
        };
        let place = finding.place().map(|place| {
            let line = place.source().position(place.span().start).line;
            (place.location(), link(line))
        });
        Self { badge, code: finding.code().info().name, message, help: finding.help().to_owned(), backend: backend_of(finding), place }
    }
}
