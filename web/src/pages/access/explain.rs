//! `/access/explain?from=&to=&method=&path=&header=&backend=`: why a call is allowed or denied, step by step.

use askama::Template;
use meshglot_translator::answer::Can;
use meshglot_translator::eval::{Caller, Decision, Evaluate, Neutral, Request, Verdict};
use meshglot_translator::plan::Mesh;

use crate::format::Format;
use crate::pages::Section;
use crate::parts::call::{CallFields, METHODS};
use crate::parts::chrome::Chrome;
use crate::parts::filters;
use crate::parts::known::Known;
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "pages/access/explain.html")]
struct Page<'p> {
    chrome: Chrome,
    fields: &'p CallFields,
    known: Known,
    methods: [&'static str; 9],
    trace: Option<Trace>,
    /// What is wrong with the call.
    problem: Option<Problem>,
}

/// The steps.
struct Trace {
    badge: Badge,
    from: String,
    call: String,
    identity: String,
    service: String,
    service_href: Option<String>,
    shares: Vec<(String, String)>,
    rule: Rule,
    /// With the page of the object that they begin with.
    misses: Vec<(String, Option<String>)>,
    meshes: Vec<MeshRow>,
    simulate: String,
    /// Nothing in the input runs as the caller.
    unknown: bool,
}

/// What decided.
struct Rule {
    text: String,
    href: Option<String>,
    place: Option<String>,
}

/// What one mesh does with the call.
struct MeshRow {
    name: &'static str,
    badge: Badge,
    alike: bool,
    rule: String,
    shares: String,
    /// What is lost on the way, or why nothing is written.
    codes: Vec<&'static str>,
    withheld: bool,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let fields = CallFields::of(&visit.query);
    let neutral = visit.snapshot.neutral();
    let meshes = meshes(visit)?;
    let asked = if fields.is_empty() { None } else { Some(fields.request(visit, neutral.inventory())) };
    let (request, problem) = match asked {
        None if visit.format != Format::Html => return Err(Problem::bad("Who calls whom? ?from=sa/NAMESPACE/NAME&to=SERVICE.NAMESPACE")),
        None => (None, None),
        Some(Ok(request)) => (Some(request), None),
        Some(Err(problem)) if visit.format != Format::Html => return Err(problem),
        Some(Err(problem)) => (None, Some(problem)),
    };
    let decided = request.map(|request| {
        let decision = neutral.evaluate(&request);
        let rendered: Vec<(&'static str, Decision)> = meshes.iter().map(|mesh| (mesh.name, mesh.reading.evaluate(&request))).collect();
        (request, decision, rendered)
    });
    match (&decided, visit.format) {
        (Some((_, decision, rendered)), Format::Json) => Ok(Reply::json(&Can::of(decision, rendered))),
        (_, Format::Html) => {
            let command = fields.words(visit.command("can").word(&fields.from)).option("--backend", Some(backend_word(visit)));
            let chrome = if decided.is_some() {
                visit.chrome("Why", Section::Access, command).forms(visit, &[Format::Json])
            } else {
                visit.bare_chrome("Why", Section::Access)
            };
            let trace =
                decided.map(|(request, decision, rendered)| Trace::of(visit, &neutral, &fields, (&request, &decision), &meshes, &rendered));
            let known = Known::of(neutral.inventory());
            let page = Page { chrome, fields: &fields, known, methods: METHODS, trace, problem };
            Ok(Reply::html(&page)?.but(page.problem.as_ref()))
        }
        (_, other) => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
}

fn backend_word(visit: &Visit) -> &str {
    visit.query.get("backend").unwrap_or("all")
}

/// The meshes that are asked: one, or all of them.
fn meshes(visit: &Visit) -> Result<Vec<&Mesh>, Problem> {
    match backend_word(visit) {
        "all" => Ok(visit.snapshot.meshes()),
        name => {
            let missing = || Problem::missing(format!("There is no backend `{name}`.")).did_you_mean(name, visit.snapshot.mesh_names());
            visit.snapshot.mesh(name).map(|mesh| vec![mesh]).ok_or_else(missing)
        }
    }
}

impl Trace {
    fn of(
        visit: &Visit,
        neutral: &Neutral<'_>,
        fields: &CallFields,
        (request, decision): (&Request, &Decision),
        meshes: &[&Mesh],
        rendered: &[(&'static str, Decision)],
    ) -> Self {
        let caller = &request.caller;
        let row = |(mesh, (name, done)): (&&Mesh, &(&'static str, Decision))| MeshRow {
            name,
            badge: Badge::of_call(done.verdict.word()),
            alike: done.verdict == decision.verdict && done.shares == decision.shares,
            rule: done.rule.clone().unwrap_or_else(|| "its default".to_owned()),
            shares: shares(done).into_iter().map(|(who, share)| format!("{who} {share}")).collect::<Vec<_>>().join(", "),
            codes: mesh.decide(visit.snapshot.plan(), neutral, request).1,
            withheld: !mesh.is_written(),
        };
        Self {
            badge: Badge::of_call(decision.verdict.word()),
            from: if caller.meshed {
                format!("{}/{}", caller.namespace, caller.service_account)
            } else {
                "a caller without a proxy".to_owned()
            },
            call: if fields.method == "TCP" { "opens a connection to".to_owned() } else { format!("{} {}", fields.method, fields.path) },
            identity: if caller.meshed { format!("sa/{}/{}", caller.namespace, caller.service_account) } else { "none".to_owned() },
            service: format!("{}:{}", request.service, request.port),
            service_href: visit.object_link(&request.service.object()),
            shares: shares(decision),
            rule: Rule::of(visit, decision),
            misses: decision.misses.iter().map(|miss| (miss.clone(), of_object(visit, miss))).collect(),
            meshes: meshes.iter().zip(rendered).map(row).collect(),
            unknown: caller.meshed && !runs(visit, caller),
            simulate: visit.link(&format!("/simulate{}", fields.query().text())),
        }
    }
}

impl Rule {
    fn of(visit: &Visit, decision: &Decision) -> Self {
        let plain = |text: &str| Self { text: text.to_owned(), href: None, place: None };
        let Some(rule) = &decision.rule else {
            return match decision.verdict {
                Verdict::Allow => plain("None is needed: what is called is open, no rule targets it."),
                Verdict::Deny => plain("None allows it, and what is called is closed."),
                _ => plain("None: nobody is there to let it in."),
            };
        };
        let model = &visit.snapshot.plan().model;
        let Some((key, href)) = visit.named(rule.split('#').next().unwrap_or_default()) else { return plain(rule) };
        let origin = model.document(&key).map(|document| document.root().origin());
        let href = origin.as_ref().and_then(|origin| visit.origin_link(&key, origin)).unwrap_or(href);
        Self { text: rule.clone(), href: Some(href), place: origin.map(|origin| origin.location()) }
    }
}

/// Whether something runs as this caller.
fn runs(visit: &Visit, caller: &Caller) -> bool {
    let workloads = visit.snapshot.inventory().workloads();
    workloads.iter().any(|workload| workload.key.namespace == caller.namespace && workload.service_account == caller.service_account)
}

/// The page of the object that a line begins with: `KIND/NAMESPACE/NAME#RULE does ...`.
fn of_object(visit: &Visit, line: &str) -> Option<String> {
    let name = line.split([' ', '#']).next()?;
    let (key, page) = visit.named(name)?;
    let origin = visit.snapshot.plan().model.document(&key).map(|document| document.root().origin());
    Some(origin.and_then(|origin| visit.origin_link(&key, &origin)).unwrap_or(page))
}

/// Who answers which share.
fn shares(decision: &Decision) -> Vec<(String, String)> {
    decision.shares.iter().map(|(who, share)| (who.short(), share.percent())).collect()
}
