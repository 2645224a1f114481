//! `/about`: what this is, how it is served, whose files it carries; `/keys`: what the keyboard does.

use askama::Template;
use meshglot_translator::answer::Answer;
use schemars::JsonSchema;
use serde::Serialize;

use crate::assets::LICENSES;
use crate::format::Format;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::parts::cli::CommandLine;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

/// What this is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct About {
    /// Of meshglot.
    version: &'static str,
    /// The meshes that it renders for.
    backends: Vec<&'static str>,
    /// Arguments that give the command line the same policy.
    input: Vec<String>,
    /// What is shown: the same arguments, or the URL of a cluster.
    place: String,
    /// Path below which everything is served.
    base_path: String,
    /// Whether the view opens only with a token.
    locked: bool,
    /// How many files are read, or objects of a cluster.
    files: usize,
    /// Which state of them is shown, counted from 1.
    revision: u64,
}

impl Answer for About {
    const KIND: &'static str = "About";
}

#[derive(Template)]
#[template(path = "pages/about.html")]
struct AboutPage<'p> {
    chrome: Chrome,
    about: &'p About,
    is_cluster: bool,
    licenses: &'static str,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let settings = &visit.app.settings;
    let about = About {
        version: env!("CARGO_PKG_VERSION"),
        backends: visit.snapshot.mesh_names(),
        input: settings.input.clone(),
        place: settings.place(),
        base_path: settings.base.clone(),
        locked: settings.door.is_some(),
        files: visit.snapshot.sources().len(),
        revision: visit.snapshot.revision(),
    };
    let chrome = || visit.chrome("About", Section::None, CommandLine::new("version")).forms(visit, &[Format::Json]);
    visit.reply(&about, || Ok(AboutPage { chrome: chrome(), about: &about, is_cluster: settings.pipe.is_some(), licenses: LICENSES }))
}

/// What the keyboard does.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Keys {
    /// In the order of showing.
    keys: Vec<Key>,
}

/// One key, or several one after the other.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct Key {
    /// As it is typed: `g p`.
    keys: &'static str,
    /// What it does.
    does: &'static str,
}

impl Answer for Keys {
    const KIND: &'static str = "Keys";
}

#[derive(Template)]
#[template(path = "pages/keys.html")]
struct KeysPage {
    chrome: Chrome,
    keys: &'static [Key],
}

/// What `assets/app.js` listens to.
const KEYS: &[Key] = &[
    Key { keys: "?", does: "this page" },
    Key { keys: "/", does: "go to the search field" },
    Key { keys: "g o", does: "Overview" },
    Key { keys: "g t", does: "Topology" },
    Key { keys: "g s", does: "Services" },
    Key { keys: "g p", does: "Policies" },
    Key { keys: "g m", does: "Access matrix" },
    Key { keys: "g c", does: "Capabilities" },
    Key { keys: "g y", does: "Playground" },
    Key { keys: "g l", does: "Live, of a mesh that runs" },
    Key { keys: "g x", does: "Proxies, of a mesh that runs" },
    Key { keys: "g e", does: "Events, of a mesh that runs" },
    Key { keys: "j", does: "next row" },
    Key { keys: "k", does: "row before" },
    Key { keys: "Enter", does: "open the row's link" },
    Key { keys: "← ↑ → ↓", does: "next cell of the access matrix" },
    Key { keys: "[", does: "tab before" },
    Key { keys: "]", does: "next tab" },
    Key { keys: "y", does: "copy the YAML that is shown" },
    Key { keys: "d", does: "the tab of differences" },
    Key { keys: "p", does: "pause or go on following edits and calls" },
    Key { keys: "Esc", does: "leave a field" },
];

pub(crate) fn keys(visit: &Visit) -> Result<Reply, Problem> {
    let answer = Keys { keys: KEYS.to_vec() };
    visit.reply(&answer, || {
        let chrome = visit.bare_chrome("Keys", Section::None).forms(visit, &[Format::Json]);
        Ok(KeysPage { chrome, keys: KEYS })
    })
}
