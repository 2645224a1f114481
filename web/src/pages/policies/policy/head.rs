//! What stands above every tab: the name, how it stands, the tabs.

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::render::Verdict;

use crate::parts::excerpt::Excerpt;
use crate::parts::verdict::Badge;
use crate::query::Query;
use crate::visit::Visit;

/// The words of tabs beside those of meshes.
pub(super) const SOURCE: &str = "source";
pub(super) const DIFF: &str = "diff";
pub(super) const EFFECT: &str = "effect";

/// The fields of `policy/tabs.html`.
pub(super) struct Head {
    pub(super) kind: &'static str,
    /// Empty for kinds of the cluster.
    pub(super) namespace: String,
    pub(super) name: String,
    /// `FILE:LINE`, and the page where that stands.
    pub(super) place: (String, String),
    /// Whether it is used.
    pub(super) valid: bool,
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) ready: Badge,
    pub(super) tabs: Vec<Tab>,
}

/// One of them.
pub(super) struct Tab {
    pub(super) word: &'static str,
    pub(super) title: String,
    pub(super) href: String,
    pub(super) badge: Option<Badge>,
    pub(super) current: bool,
    pub(super) in_use: bool,
}

impl Head {
    pub(super) fn of(visit: &Visit, key: &ObjectKey, current: &str) -> Self {
        let snapshot = &visit.snapshot;
        let (ledger, in_use) = (snapshot.ledger(), snapshot.in_use());
        let standing = ledger.objects.get(key).cloned().unwrap_or_default();
        let tab = |word: &'static str, badge: Option<Badge>| Tab {
            word,
            title: if badge.is_some() { word.to_owned() } else { titled(word) },
            href: tab_link(visit, key, word),
            badge,
            current: word == current,
            in_use: in_use.contains(&word),
        };
        let mesh = |(on, (name, withheld)): (&crate::ledger::OnMesh, &(&'static str, Vec<&'static str>))| {
            tab(name, Some(Badge::on_mesh(on.verdict.map(Verdict::word), !withheld.is_empty())))
        };
        let meshes = standing.on.iter().zip(&ledger.meshes).map(mesh);
        let tabs = std::iter::once(tab(SOURCE, None)).chain(meshes).chain([tab(DIFF, None), tab(EFFECT, None)]).collect();
        Self {
            kind: key.kind.name(),
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
            place: place(visit, key),
            valid: standing.valid,
            errors: standing.errors,
            warnings: standing.warnings,
            ready: Badge::of_ready(standing.ready()),
            tabs,
        }
    }

    /// Of the page in a browser.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }
}

/// The address of a tab.
pub(super) fn tab_link(visit: &Visit, key: &ObjectKey, word: &str) -> String {
    let page = visit.object_link(key).unwrap_or_default();
    let word = if word == SOURCE { "" } else { word };
    format!("{page}{}", Query::of([("tab", word)]).text())
}

fn titled(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

fn place(visit: &Visit, key: &ObjectKey) -> (String, String) {
    let Some(document) = visit.snapshot.plan().model.document(key) else { return Default::default() };
    let first = Excerpt::of(document).first;
    let line = document.root().origin().position().line.max(first);
    (format!("{}:{line}", document.source().name()), visit.line_link(key, line).unwrap_or_default())
}
