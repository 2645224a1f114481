//! `/simulate?from=&to=&method=&path=&header=&n=&seed=`: where many calls like one go.

use askama::Template;
use meshglot_translator::answer::{SimulatedAnswer, Simulation};
use meshglot_translator::eval::{Decision, Evaluate, Neutral, Request};

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

/// As many calls as the command line makes if nobody says.
const REQUESTS: u64 = 1000;

/// The seed of the command line.
const SEED: u64 = 1;

/// A sample is drawn call by call.
const MOST_REQUESTS: u64 = 1_000_000;

#[derive(Template)]
#[template(path = "pages/simulate.html")]
struct Page<'p> {
    chrome: Chrome,
    fields: &'p CallFields,
    known: Known,
    methods: [&'static str; 9],
    requests: u64,
    seed: u64,
    rows: Vec<Row>,
    why: String,
    problem: Option<Problem>,
}

/// The policy, or one mesh.
struct Row {
    name: &'static str,
    badge: Badge,
    shares: Vec<Share>,
    codes: Vec<&'static str>,
}

/// What one of those who answer gets.
struct Share {
    to: String,
    exact: String,
    percent: String,
    /// From 0 to 1.
    part: f64,
    count: u64,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let fields = CallFields::of(&visit.query);
    let neutral = visit.snapshot.neutral();
    let (requests, seed) = (number(visit, "n", REQUESTS)?, number(visit, "seed", SEED)?);
    if requests > MOST_REQUESTS {
        return Err(Problem::bad(format!("No more than {MOST_REQUESTS} calls are simulated.")));
    }
    if fields.is_empty() {
        if visit.format != Format::Html {
            return Err(Problem::bad("Who calls whom? ?from=sa/NAMESPACE/NAME&to=SERVICE.NAMESPACE"));
        }
        return draw(visit, &fields, (requests, seed), &neutral, Ok(Vec::new()));
    }
    let request = match fields.request(visit, neutral.inventory()) {
        Ok(request) => request,
        Err(problem) if visit.format == Format::Html => return draw(visit, &fields, (requests, seed), &neutral, Err(problem)),
        Err(problem) => return Err(problem),
    };
    let decision = neutral.evaluate(&request);
    let meshes = decided(visit, &neutral, &request);
    let answer = Simulation::of(&request, (requests, seed), &decision, &meshes);
    match visit.format {
        Format::Json => Ok(Reply::json(&answer)),
        Format::Html => draw(visit, &fields, (requests, seed), &neutral, Ok(rows(&answer, &decision, &meshes))),
        other => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
}

/// A mesh, what it decides, and the codes that have to do with it.
type Decided = (&'static str, Option<Decision>, Vec<&'static str>);

fn decided(visit: &Visit, neutral: &Neutral<'_>, request: &Request) -> Vec<Decided> {
    let decide = |mesh: &meshglot_translator::plan::Mesh| {
        let (decision, codes) = mesh.decide(visit.snapshot.plan(), neutral, request);
        (mesh.name, decision, codes)
    };
    visit.snapshot.meshes().into_iter().map(decide).collect()
}

fn draw(
    visit: &Visit,
    fields: &CallFields,
    (requests, seed): (u64, u64),
    neutral: &Neutral<'_>,
    outcome: Result<Vec<Row>, Problem>,
) -> Result<Reply, Problem> {
    let (rows, problem) = match outcome {
        Ok(rows) => (rows, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    let chrome = if rows.is_empty() {
        visit.bare_chrome("Simulate", Section::Simulate)
    } else {
        let command = fields.words(visit.command("simulate").option("--from", Some(&fields.from)));
        let (requests, seed) = (requests.to_string(), seed.to_string());
        let command = command.option("--backend", Some("all")).option("-c", Some(&requests)).option("--seed", Some(&seed));
        visit.chrome("Simulate", Section::Simulate, command.word("-o").word("table")).forms(visit, &[Format::Json])
    };
    let why = visit.link(&format!("/access/explain{}", fields.query().text()));
    let known = Known::of(neutral.inventory());
    let page = Page { chrome, fields, known, methods: METHODS, requests, seed, rows, why, problem };
    Ok(Reply::html(&page)?.but(page.problem.as_ref()))
}

fn rows(answer: &Simulation, decision: &Decision, meshes: &[Decided]) -> Vec<Row> {
    let row = |name, decided: Option<(&Decision, &SimulatedAnswer)>, codes| match decided {
        Some((decision, simulated)) => {
            Row { name, badge: Badge::of_call(decision.verdict.word()), shares: shares(decision, simulated), codes }
        }
        None => Row { name, badge: Badge::WITHHELD, shares: Vec::new(), codes },
    };
    let policy = row("policy", Some((decision, &answer.neutral)), Vec::new());
    let of_mesh = |((name, decision, codes), backend): (&Decided, &meshglot_translator::answer::BackendSimulation)| {
        row(name, decision.as_ref().zip(backend.simulated.as_ref()), codes.clone())
    };
    std::iter::once(policy).chain(meshes.iter().zip(&answer.backends).map(of_mesh)).collect()
}

fn shares(decision: &Decision, simulated: &SimulatedAnswer) -> Vec<Share> {
    let share = |(share, counted): (&meshglot_translator::eval::Fraction, &meshglot_translator::answer::CountAnswer)| Share {
        to: counted.to.clone(),
        exact: share.to_string(),
        percent: share.percent(),
        part: share.value(),
        count: counted.count,
    };
    decision.shares.values().zip(&simulated.sample).map(share).collect()
}

fn number(visit: &Visit, name: &str, absent: u64) -> Result<u64, Problem> {
    match visit.query.get(name) {
        None => Ok(absent),
        Some(text) => text.parse().map_err(|_| Problem::bad(format!("`{text}` is no number: {name} is one from 0 up."))),
    }
}
