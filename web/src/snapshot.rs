//! One state of policy, rendered for every mesh, and what is worked out of it once for all pages.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use meshglot_translator::diagnostic::Diagnostic;
use meshglot_translator::effect::Entrances;
use meshglot_translator::eval::{Inventory, Neutral};
use meshglot_translator::ir::{ObjectKey, Service, ServiceKey};
use meshglot_translator::lint::{Findings, findings};
use meshglot_translator::parse::Source;
use meshglot_translator::plan::{Chosen, Mesh, Plan};
use meshglot_translator::render::Backend;
use meshglot_translator::resolve::ReadOptions;

use crate::later::Later;
use crate::ledger::Ledger;
use crate::map::Map;

/// The most requests that are tried for one port of one Service, where meshes are asked.
pub(crate) const LIMIT: usize = 100_000;

/// How long a page waits for what has to be worked out; it says then that it is not ready.
pub(crate) const PATIENCE: Duration = Duration::from_millis(600);

/// Objects by what they were made from.
pub(crate) type MadeFrom = HashMap<ObjectKey, Vec<Made>>;

/// An object that a mesh gets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Made {
    /// The mesh.
    pub(crate) backend: &'static str,
    /// Its position in the order of writing.
    pub(crate) at: usize,
    /// `kind.group/namespace/name`.
    pub(crate) path: Arc<str>,
}

/// One state of policy. It is never edited: a change makes another one.
pub struct Snapshot {
    revision: u64,
    sources: Vec<Arc<Source>>,
    namespace: Arc<str>,
    plan: Plan,
    /// In the order of the plan's engines.
    meshes: Vec<OnceLock<Mesh>>,
    made_from: OnceLock<MadeFrom>,
    findings: OnceLock<Findings>,
    inventory: OnceLock<Inventory>,
    open_ports: OnceLock<HashMap<ServiceKey, usize>>,
    ledger: OnceLock<Ledger>,
    map: OnceLock<Map>,
    /// What was worked out for pages.
    pub(crate) later: Later,
}

impl Snapshot {
    /// Reads texts and renders them for every mesh, whatever Mesh objects name. `diagnostics` is what was wrong with the
    /// sources as texts; `revision` is greater than that of every state before.
    pub fn new(revision: u64, sources: Vec<Arc<Source>>, diagnostics: Vec<Diagnostic>, options: ReadOptions) -> Self {
        let namespace = options.default_namespace.clone();
        let all = Chosen::These(meshglot_registry::all().into_iter().collect());
        let plan = Plan::of(&sources, diagnostics, options, all, BTreeSet::new());
        let meshes = plan.engines.iter().map(|_| OnceLock::new()).collect();
        Self {
            revision,
            sources,
            namespace,
            plan,
            meshes,
            made_from: OnceLock::new(),
            findings: OnceLock::new(),
            inventory: OnceLock::new(),
            open_ports: OnceLock::new(),
            ledger: OnceLock::new(),
            map: OnceLock::new(),
            later: Later::default(),
        }
    }

    /// Which state it is.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether it was read from the same texts, by the same names.
    pub fn has_texts(&self, texts: &[Arc<Source>]) -> bool {
        let same = |(one, other): (&Arc<Source>, &Arc<Source>)| one.name() == other.name() && one.text() == other.text();
        self.sources.len() == texts.len() && self.sources.iter().zip(texts).all(same)
    }

    /// How many mistakes the policy has.
    pub fn errors(&self) -> usize {
        self.plan.errors().count()
    }

    /// The texts.
    pub(crate) fn sources(&self) -> &[Arc<Source>] {
        &self.sources
    }

    /// Of objects and names that have none.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The policy, and what each mesh gets.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Names of all meshes, in the order of showing.
    pub(crate) fn mesh_names(&self) -> Vec<&'static str> {
        self.plan.engines.iter().map(|(backend, _)| backend.name()).collect()
    }

    /// The meshes that Mesh objects of the policy name.
    pub(crate) fn in_use(&self) -> Vec<&'static str> {
        let meshes = self.plan.model.meshes();
        let is_named = |name: &&str| meshes.iter().any(|mesh| mesh.backend.as_deref() == Some(*name));
        self.mesh_names().into_iter().filter(is_named).collect()
    }

    /// How one mesh reads what it would get; read when it is first asked for. `None`: there is no such mesh.
    pub(crate) fn mesh(&self, name: &str) -> Option<&Mesh> {
        let at = self.plan.engines.iter().position(|(backend, _)| backend.name() == name)?;
        let (backend, engine) = &self.plan.engines[at];
        let backend: &dyn Backend = *backend;
        Some(self.meshes[at].get_or_init(|| Mesh::of(&self.plan, backend, engine)))
    }

    /// The same of all meshes, in the order of showing.
    pub(crate) fn meshes(&self) -> Vec<&Mesh> {
        self.mesh_names().into_iter().filter_map(|name| self.mesh(name)).collect()
    }

    /// Which objects of which mesh were made from each neutral object.
    pub(crate) fn made_from(&self) -> &MadeFrom {
        self.made_from.get_or_init(|| {
            let mut made = MadeFrom::new();
            for (backend, engine) in &self.plan.engines {
                for (at, object) in engine.rendered().objects.iter().enumerate() {
                    let one = Made { backend: backend.name(), at, path: object.id.path().into() };
                    for source in &object.sources {
                        made.entry(source.clone()).or_default().push(one.clone());
                    }
                }
            }
            made
        })
    }

    /// Everything that `lint` says about it and its meshes.
    pub(crate) fn findings(&self) -> &Findings {
        self.findings.get_or_init(|| {
            let losses = self.plan.losses().into_iter().cloned().collect();
            findings(&self.plan.model, self.plan.diagnostics.clone(), losses, Vec::new())
        })
    }

    /// What runs where.
    pub(crate) fn inventory(&self) -> &Inventory {
        self.inventory.get_or_init(|| Inventory::of(&self.plan.model))
    }

    /// The neutral reading of the policy.
    pub(crate) fn neutral(&self) -> Neutral<'_> {
        Neutral::with(&self.plan.model, self.inventory().clone())
    }

    /// Every port of every Service by the policy.
    pub(crate) fn entrances(&self) -> Entrances<'_> {
        Entrances::with(&self.plan.model, self.inventory().clone())
    }

    /// How many ports of each Service let in whoever calls.
    pub(crate) fn open_ports(&self) -> &HashMap<ServiceKey, usize> {
        self.open_ports.get_or_init(|| {
            let entrances = self.entrances();
            let open = |service: &Arc<Service>| entrances.ports(service).iter().filter(|port| !port.is_closed()).count();
            self.inventory().services().iter().map(|service| (service.key.clone(), open(service))).collect()
        })
    }

    /// How each object of policy stands.
    pub(crate) fn ledger(&self) -> &Ledger {
        self.ledger.get_or_init(|| Ledger::of(&self.plan, self.made_from(), self.findings()))
    }

    /// Who may call whom, and which shares go where.
    pub(crate) fn map(&self) -> &Map {
        self.map.get_or_init(|| Map::of(&self.plan, &self.entrances()))
    }

    /// Works out what pages will ask for, so that the first visitor does not wait for it.
    pub fn warm(&self) {
        self.open_ports();
        self.made_from();
        self.findings();
        self.ledger();
        self.map();
        self.meshes();
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot {{ revision: {}, sources: {} }}", self.revision, self.sources.len())
    }
}
