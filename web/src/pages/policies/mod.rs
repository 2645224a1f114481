//! `/policies?kind=&ns=&loss=&ready=&q=`: every object of policy, how it stands, and what becomes of it on each mesh.

pub(crate) mod policy;

use askama::Template;
use meshglot_translator::answer::{Answer, csv_line};
use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::plan::ObjectName;
use meshglot_translator::render::Verdict;
use schemars::JsonSchema;
use serde::Serialize;

use crate::format::Format;
use crate::ledger::{Ledger, OnMesh, Standing};
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::parts::pager::Pager;
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

/// Rows of a page.
const ROWS: usize = 200;

/// What is lost beyond rounding, by whatever verdict.
const LOSSY: &str = "lossy";

/// Nothing is written for the mesh.
const WITHHELD: &str = "withheld";

/// Objects of policy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Policies {
    /// Those that were asked for, by kind, namespace and name.
    policies: Vec<PolicyLine>,
    /// How many there are, asked for or not.
    all: usize,
}

impl Answer for Policies {
    const KIND: &'static str = "Policies";
}

/// One of them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PolicyLine {
    /// `KIND/NAMESPACE/NAME`.
    object: String,
    /// Such as `TrafficSplit`.
    kind: &'static str,
    /// Absent for kinds of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    /// Name in its namespace.
    name: String,
    /// Path of the file, as it was given.
    file: String,
    /// From 1.
    line: u32,
    /// `ready`, or whether there are `errors` or only `warnings` in it.
    #[schemars(extend("enum" = ["ready", "warnings", "errors"]))]
    ready: &'static str,
    /// Mistakes in it.
    errors: usize,
    /// What is hardly meant.
    warnings: usize,
    /// Whether it is used; else it contributes nothing.
    valid: bool,
    /// What becomes of it, mesh by mesh.
    backends: Vec<PolicyOnMesh>,
}

/// What becomes of an object on one mesh.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PolicyOnMesh {
    /// The mesh.
    name: &'static str,
    /// How well it is said, the worst of all losses; `null` where it is not rendered and nothing is lost: it is not valid, or
    /// nobody uses it.
    #[schemars(extend("enum" = Verdict::ALL.map(Verdict::word)))]
    verdict: Option<&'static str>,
    /// The codes of what is lost.
    codes: Vec<&'static str>,
    /// How many objects are made from it.
    objects: usize,
    /// Whether nothing at all is written for the mesh, because it would allow more than the policy says.
    withheld: bool,
}

/// What the query asks for.
struct Asked<'q> {
    kind: &'q str,
    namespace: &'q str,
    loss: &'q str,
    ready: &'q str,
    words: &'q str,
}

#[derive(Template)]
#[template(path = "pages/policies/list.html")]
struct Page<'p> {
    chrome: Chrome,
    asked: Asked<'p>,
    rows: &'p [PolicyLine],
    links: Vec<String>,
    pager: Pager,
    all: usize,
    kinds: Vec<&'static str>,
    namespaces: Vec<String>,
    backends: Vec<&'static str>,
    in_use: Vec<&'static str>,
    losses: Vec<&'static str>,
    input: String,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let ledger = visit.snapshot.ledger();
    let asked = Asked::of(visit);
    let found: Vec<(&ObjectKey, &Standing)> = ledger.objects.iter().filter(|(key, standing)| asked.wants(key, standing, ledger)).collect();
    match visit.format {
        Format::Json => Ok(Reply::json(&Policies { policies: lines(visit, &found), all: ledger.objects.len() })),
        Format::Csv => Ok(Reply::text(Format::Csv, csv(&lines(visit, &found), &visit.snapshot.mesh_names()))),
        Format::Html => html(visit, asked, &found),
        other => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
}

fn html(visit: &Visit, asked: Asked<'_>, found: &[(&ObjectKey, &Standing)]) -> Result<Reply, Problem> {
    let ledger = visit.snapshot.ledger();
    let pager = Pager::of(visit, found.len(), ROWS);
    let shown = &found[pager.range()];
    let mut kinds: Vec<&'static str> = ledger.objects.keys().map(|key| key.kind.name()).collect();
    kinds.dedup();
    let namespaces = ledger.objects.keys().filter(|key| !key.namespace.is_empty()).map(|key| key.namespace.to_string());
    let namespaces: std::collections::BTreeSet<String> = namespaces.collect();
    let command = visit.command("lint").option("--backend", Some("all"));
    Reply::html(&Page {
        chrome: visit.chrome("Policies", Section::Policies, command).forms(visit, &[Format::Json, Format::Csv]),
        asked,
        rows: &lines(visit, shown),
        links: shown.iter().map(|(key, _)| visit.object_link(key).unwrap_or_default()).collect(),
        pager,
        all: ledger.objects.len(),
        kinds,
        namespaces: namespaces.into_iter().collect(),
        backends: visit.snapshot.mesh_names(),
        in_use: visit.snapshot.in_use(),
        losses: Verdict::ALL.map(Verdict::word).into_iter().chain([WITHHELD]).collect(),
        input: visit.app.settings.place(),
    })
}

impl<'q> Asked<'q> {
    fn of(visit: &'q Visit) -> Self {
        let [kind, namespace, loss, ready, words] =
            ["kind", "ns", "loss", "ready", "q"].map(|name| visit.query.get(name).unwrap_or_default());
        Self { kind, namespace, loss, ready, words }
    }

    fn is_any(&self) -> bool {
        [self.kind, self.namespace, self.loss, self.ready, self.words].iter().all(|word| word.is_empty())
    }

    fn is_kind(&self, name: &str) -> bool {
        self.kind().is_some_and(|kind| kind.name() == name)
    }

    /// The kind, by whatever name kubectl knows it.
    fn kind(&self) -> Option<Kind> {
        ObjectName { kind: self.kind, namespace: "", name: "" }.kind()
    }

    fn wants(&self, key: &ObjectKey, standing: &Standing, ledger: &Ledger) -> bool {
        (self.kind.is_empty() || self.kind() == Some(key.kind))
            && (self.namespace.is_empty() || *key.namespace == *self.namespace)
            && (self.ready.is_empty() || standing.ready() == self.ready)
            && (self.loss.is_empty() || standing.on.iter().zip(&ledger.meshes).any(|(on, (_, withheld))| self.loses(on, withheld)))
            && (self.words.is_empty() || key.to_string().to_lowercase().contains(&self.words.to_lowercase()))
    }

    fn loses(&self, on: &OnMesh, withheld: &[&str]) -> bool {
        match self.loss {
            LOSSY => on.verdict > Some(Verdict::Rounded),
            WITHHELD => !withheld.is_empty(),
            word => on.verdict.is_some_and(|verdict| verdict.word() == word) || on.codes.contains(word),
        }
    }
}

fn lines(visit: &Visit, found: &[(&ObjectKey, &Standing)]) -> Vec<PolicyLine> {
    found.iter().map(|(key, standing)| PolicyLine::of(visit, key, standing)).collect()
}

impl PolicyLine {
    fn of(visit: &Visit, key: &ObjectKey, standing: &Standing) -> Self {
        let (file, line) = place(visit, key);
        let mesh = |(on, (name, withheld)): (&OnMesh, &(&'static str, Vec<&'static str>))| PolicyOnMesh {
            name,
            verdict: on.verdict.map(Verdict::word),
            codes: on.codes.iter().copied().collect(),
            objects: on.objects,
            withheld: !withheld.is_empty(),
        };
        Self {
            object: key.to_string(),
            kind: key.kind.name(),
            namespace: (!key.namespace.is_empty()).then(|| key.namespace.to_string()),
            name: key.name.to_string(),
            file,
            line,
            ready: standing.ready(),
            errors: standing.errors,
            warnings: standing.warnings,
            valid: standing.valid,
            backends: standing.on.iter().zip(&visit.snapshot.ledger().meshes).map(mesh).collect(),
        }
    }

    fn badge(&self) -> Badge {
        Badge::of_ready(self.ready)
    }
}

impl PolicyOnMesh {
    fn badge(&self) -> Badge {
        Badge::on_mesh(self.verdict, self.withheld)
    }
}

/// File and line where an object is written.
fn place(visit: &Visit, key: &ObjectKey) -> (String, u32) {
    let document = visit.snapshot.plan().model.document(key);
    document.map_or_else(Default::default, |document| {
        let origin = document.root().origin();
        (origin.source().name().to_owned(), origin.position().line)
    })
}

/// A line for each object and mesh.
fn csv(lines: &[PolicyLine], backends: &[&str]) -> String {
    let head = ["kind", "namespace", "name", "ready", "errors", "warnings", "file", "line"].map(str::to_owned).into_iter();
    let of_mesh = |name: &&str| [format!("{name} verdict"), format!("{name} codes"), format!("{name} objects")];
    let mut text = csv_line(head.chain(backends.iter().flat_map(of_mesh)));
    for line in lines {
        let own = [
            line.kind.to_owned(),
            line.namespace.clone().unwrap_or_default(),
            line.name.clone(),
            line.ready.to_owned(),
            line.errors.to_string(),
            line.warnings.to_string(),
            line.file.clone(),
            line.line.to_string(),
        ];
        let of_mesh = |mesh: &PolicyOnMesh| {
            let verdict = if mesh.withheld { WITHHELD } else { mesh.verdict.unwrap_or_default() };
            [verdict.to_owned(), mesh.codes.join(" "), mesh.objects.to_string()]
        };
        text += &csv_line(own.into_iter().chain(line.backends.iter().flat_map(of_mesh)));
    }
    text
}
