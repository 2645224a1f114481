//! What stands around every page: the names of sections, the form, the theme, the command.

use crate::assets::{ASSETS, Assets};
use crate::format::Format;
use crate::pages::Section;
use crate::parts::cli::CommandLine;
use crate::parts::theme::Theme;
use crate::visit::Visit;

/// The fields of `layout.html`.
pub(crate) struct Chrome {
    /// Of the page, without the product's name.
    pub(crate) title: String,
    pub(crate) section: Section,
    /// What comes before every path, without a slash at its end.
    pub(crate) base: String,
    pub(crate) theme: Theme,
    /// Links to the same page in other themes.
    pub(crate) themes: Vec<(&'static str, String)>,
    /// Address of the page itself.
    here: String,
    pub(crate) command: Option<String>,
    /// Whether the command answers more than the page shows.
    pub(crate) is_part: bool,
    /// Links to the same page in other forms.
    pub(crate) forms: Vec<(&'static str, String)>,
    pub(crate) assets: &'static Assets,
    pub(crate) revision: u64,
    /// Why the state that is shown is not the newest.
    pub(crate) stale: Option<String>,
    /// Kinds that may not be seen, and the command that tells why.
    pub(crate) hidden: Option<Hidden>,
    /// How many mistakes the policy has.
    pub(crate) errors: usize,
    /// Whether other states may come.
    pub(crate) live: bool,
    /// Whether a mesh runs by this policy.
    pub(crate) runs: bool,
    /// Whether the visitor may see policy.
    pub(crate) inside: bool,
}

/// Kinds that may not be seen.
pub(crate) struct Hidden {
    pub(crate) kinds: Vec<String>,
    /// Asks whether the first of them may be.
    pub(crate) command: String,
}

impl Hidden {
    fn of(visit: &Visit) -> Option<Self> {
        let kinds = visit.app.source.hidden();
        let first = kinds.first()?;
        let asks = visit.app.settings.pipe.as_ref().map_or_else(|| vec!["kubectl".to_owned()], |pipe| pipe.asks.clone());
        let rest = ["auth", "can-i", "list", first.as_str(), "-A"].map(str::to_owned);
        let command = CommandLine::of(asks).words(rest).to_string();
        Some(Self { kinds, command })
    }
}

impl Chrome {
    pub(crate) fn of(visit: &Visit, title: String, section: Section, command: Option<CommandLine>) -> Self {
        let here = visit.in_form(Format::Html);
        let theme = |theme: Theme| {
            let query = crate::query::Query::of([("to", theme.word()), ("back", &here)]);
            (theme.word(), visit.link(&format!("/theme{}", query.text())))
        };
        let source = &visit.app.source;
        Self {
            title,
            section,
            base: visit.link(""),
            theme: visit.theme,
            themes: Theme::ALL.into_iter().filter(|other| *other != visit.theme).map(theme).collect(),
            here: here.clone(),
            command: command.map(|command| command.to_string()),
            is_part: false,
            forms: Vec::new(),
            assets: &ASSETS,
            revision: visit.snapshot.revision(),
            stale: source.staleness().map(|staleness| staleness.why),
            hidden: Hidden::of(visit),
            errors: visit.snapshot.plan().errors().count(),
            live: source.changes().is_some(),
            runs: source.live().is_some(),
            inside: true,
        }
    }

    /// Address of the page itself.
    pub(crate) fn here(&self) -> &str {
        &self.here
    }

    /// The entries of the menu.
    pub(crate) fn sections(&self) -> impl Iterator<Item = Section> {
        Section::ALL.into_iter().filter(|section| self.runs || !section.is_live())
    }

    /// Says that the command answers more than the page shows.
    pub(crate) fn part(self) -> Self {
        Self { is_part: true, ..self }
    }

    /// Tells the other forms of the page.
    pub(crate) fn forms(mut self, visit: &Visit, forms: &[Format]) -> Self {
        self.forms = forms.iter().map(|format| (format.word(), visit.in_form(*format))).collect();
        self
    }

    /// Whether the visitor may see policy.
    pub(crate) fn inside(self, inside: bool) -> Self {
        Self { inside, live: self.live && inside, ..self }
    }
}
