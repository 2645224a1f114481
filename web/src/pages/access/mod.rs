//! `/access?ns=&backend=&compare=`: who may call whom, by the policy and on its meshes.

pub(crate) mod explain;
pub(crate) mod grid;
mod groups;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use meshglot_translator::answer::MatrixAnswer;
use meshglot_translator::plan::{AccessMatrix, Mesh, Reading};

use crate::format::Format;
use crate::later::Asked;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::parts::cli::CommandLine;
use crate::parts::pager::Pager;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::snapshot::{LIMIT, PATIENCE, Snapshot};
use crate::visit::Visit;
use grid::Grid;
use groups::Groups;
pub(crate) use groups::GroupsAnswer;

/// More ports than this are shown namespace by namespace.
const COLUMNS: usize = 60;

/// A file has no more cells than this.
const CELLS: usize = 250_000;

/// With more rows than this, those are left out that are let in like anyone else; of the rest a page has as many.
const ROWS: usize = 60;

/// A matrix, and what of it a page shows.
struct Folded {
    whole: AccessMatrix,
    shown: AccessMatrix,
    /// Accounts that are left out of it.
    folded: usize,
}

/// What the cells are about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mode {
    /// The policy alone.
    Policy,
    /// And what these meshes do otherwise.
    Beside(Vec<&'static str>),
    /// What the second mesh does otherwise than the first.
    Between(&'static str, &'static str),
}

#[derive(Template)]
#[template(path = "pages/access/matrix.html")]
struct Page {
    chrome: Chrome,
    namespaces: Vec<String>,
    namespace: String,
    backends: Vec<&'static str>,
    mode: Mode,
    /// No more than this of the Services' ports are closed: everybody may call the rest.
    open: usize,
    ports: usize,
    shown: Shown,
}

/// What stands below the form.
enum Shown {
    /// There is no Service.
    Empty,
    Grid(Box<Grid>, Pager),
    Groups(Box<Groups>),
    /// It is being worked out.
    Working,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let snapshot = &visit.snapshot;
    let entrances = snapshot.entrances();
    let inventory = entrances.inventory();
    let namespace = visit.query.get("ns");
    if let Some(name) = namespace.filter(|name| inventory.namespace(name).is_none()) {
        let known = inventory.namespaces().iter().map(|namespace| &*namespace.name);
        return Err(Problem::missing(format!("Nothing is known of a namespace `{name}`.")).did_you_mean(name, known));
    }
    let mode = mode(visit)?;
    let services = || inventory.services().iter().filter(|service| namespace.is_none_or(|name| *name == *service.key.namespace));
    let ports: usize = services().map(|service| service.ports.len()).sum();
    if visit.format != Format::Html {
        return data(visit, &mode, namespace, ports, inventory.workloads().len());
    }
    let open = services().flat_map(|service| snapshot.open_ports().get(&service.key)).sum();
    let shown = match ports {
        0 => Shown::Empty,
        ports if ports > COLUMNS => Shown::Groups(Box::new(Groups::of(visit, namespace)?)),
        _ => match matrix(snapshot, &mode, namespace, PATIENCE) {
            Asked::Done(access) => {
                let pager = Pager::of(visit, access.shown.matrix.callers.len(), ROWS);
                Shown::Grid(Box::new(Grid::of(visit, &access, &mode, pager.range())), pager)
            }
            Asked::Working => Shown::Working,
            Asked::Failed => return Err(Problem::internal("the matrix could not be worked out")),
        },
    };
    let forms = if matches!(shown, Shown::Grid(..)) { [Format::Json, Format::Csv].as_slice() } else { &[Format::Json] };
    let mut namespaces: Vec<String> = inventory.services().iter().map(|service| service.key.namespace.to_string()).collect();
    namespaces.dedup();
    Reply::html(&Page {
        chrome: visit.chrome("Access", Section::Access, command(visit, &mode, namespace)).forms(visit, forms),
        namespaces,
        namespace: namespace.unwrap_or_default().to_owned(),
        backends: snapshot.mesh_names(),
        mode,
        open,
        ports,
        shown,
    })
}

/// The same for machines, as the command line prints it.
fn data(visit: &Visit, mode: &Mode, namespace: Option<&str>, ports: usize, callers: usize) -> Result<Reply, Problem> {
    let small = ports * callers <= CELLS;
    if !small && visit.format == Format::Json && ports > COLUMNS {
        return Ok(Reply::json(&GroupsAnswer::of(&Groups::of(visit, namespace)?)));
    }
    if !small {
        let message = format!("{ports} ports by {callers} workloads are more than {CELLS} cells.");
        return Err(Problem::too_large(message).help(format!("Choose a namespace, or run {}", command(visit, mode, namespace))));
    }
    // Whoever reads a file waits for all of it.
    let access = match matrix(&visit.snapshot, mode, namespace, Duration::MAX) {
        Asked::Done(access) => access,
        Asked::Working | Asked::Failed => return Err(Problem::internal("the matrix could not be worked out")),
    };
    let answer: MatrixAnswer = access.whole.answer();
    match visit.format {
        Format::Csv => Ok(Reply::text(Format::Csv, answer.csv())),
        Format::Json => Ok(Reply::json(&answer)),
        other => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
}

/// The matrix of a namespace, worked out once for each state.
fn matrix(snapshot: &Arc<Snapshot>, mode: &Mode, namespace: Option<&str>, patience: Duration) -> Asked<Folded> {
    let key = format!("access {mode:?} {namespace:?}");
    let (of, mode, namespace) = (snapshot.clone(), mode.clone(), namespace.map(str::to_owned));
    snapshot.later.get(&key, patience, move || {
        let plan = of.plan();
        let entrances = of.entrances();
        let wanted = |name: &Arc<str>| namespace.as_deref().is_none_or(|wanted| *wanted == **name);
        let meshes = |names: &[&'static str]| -> Vec<&Mesh> { names.iter().filter_map(|name| of.mesh(name)).collect() };
        let reading = |meshes| Reading { plan, entrances: &entrances, meshes };
        let whole = match &mode {
            Mode::Policy => AccessMatrix::of(reading(&[]), None, LIMIT, wanted),
            Mode::Beside(names) => AccessMatrix::of(reading(&meshes(names)), None, LIMIT, wanted),
            Mode::Between(from, to) => match meshes(&[from, to])[..] {
                [from, to] => AccessMatrix::between(reading(&[]), [from, to], LIMIT, wanted),
                _ => AccessMatrix::of(reading(&[]), None, LIMIT, wanted),
            },
        };
        let mut shown = whole.clone();
        let folded = shown.matrix.fold(ROWS);
        if shown.matrix.callers.len() > ROWS {
            // Nobody should have to look for them on other pages.
            shown.matrix.put_first(|row| row.iter().any(|cell| !cell.meshes.is_empty()));
        }
        Folded { whole, shown, folded }
    })
}

fn mode(visit: &Visit) -> Result<Mode, Problem> {
    let all = visit.snapshot.mesh_names();
    let known = |name: &str| -> Result<&'static str, Problem> {
        let found = all.iter().copied().find(|known| *known == name);
        found.ok_or_else(|| Problem::missing(format!("There is no backend `{name}`.")).did_you_mean(name, all.iter().copied()))
    };
    let compared: Vec<&str> = visit.query.all("compare").flat_map(|text| text.split(',')).filter(|name| !name.is_empty()).collect();
    match (compared.as_slice(), visit.query.get("backend")) {
        ([], None) => Ok(Mode::Policy),
        ([], Some("all")) => Ok(Mode::Beside(all)),
        ([], Some(name)) => Ok(Mode::Beside(vec![known(name)?])),
        ([from, to], _) => Ok(Mode::Between(known(from)?, known(to)?)),
        // A form with one field chosen.
        ([one], _) => Ok(Mode::Beside(vec![known(one)?])),
        _ => Err(Problem::bad("Two meshes are compared, such as ?compare=istio,linkerd.")),
    }
}

fn command(visit: &Visit, mode: &Mode, namespace: Option<&str>) -> CommandLine {
    match mode {
        Mode::Policy => visit.command("matrix").option("--to", namespace),
        Mode::Beside(names) => {
            let name = if names.len() == 1 { names[0] } else { "all" };
            visit.command("matrix").option("--to", namespace).option("--backend", Some(name))
        }
        Mode::Between(from, to) => {
            visit.command("diff").option("--from", Some(from)).option("--to", Some(to)).option("--level", Some("effect"))
        }
    }
}

impl Mode {
    fn is_all(&self) -> bool {
        matches!(self, Self::Beside(names) if names.len() > 1)
    }

    fn is_beside(&self, name: &str) -> bool {
        matches!(self, Self::Beside(names) if names.as_slice() == [name])
    }

    fn is_between(&self) -> bool {
        matches!(self, Self::Between(..))
    }

    /// Whether it is the first or second of two that are compared.
    fn is_side(&self, at: usize, name: &str) -> bool {
        matches!(self, Self::Between(from, to) if [*from, *to][at] == name)
    }
}
