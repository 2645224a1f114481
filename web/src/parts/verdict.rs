//! Verdicts as they are shown: a sign, a word and a colour, never a colour alone.

use meshglot_observed::Verdict as Seen;
use meshglot_observed::{Kind, Sync};
use meshglot_translator::eval;
use meshglot_translator::render;

/// A verdict in a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    pub(crate) sign: &'static str,
    pub(crate) word: &'static str,
    /// Its colour in the style sheet: `good`, `fair`, `bad`, `accent` or `none`.
    pub(crate) class: &'static str,
}

impl Badge {
    const fn new(sign: &'static str, word: &'static str, class: &'static str) -> Self {
        Self { sign, word, class }
    }

    /// Of how well a mesh says something, by its word; a word that is none is shown as it is.
    pub(crate) fn of_loss(word: &'static str) -> Self {
        use render::Verdict::{Dropped, Equivalent, Exact, Narrowed, Refused, Rounded, Widened};
        match render::Verdict::ALL.into_iter().find(|verdict| verdict.word() == word) {
            Some(Exact | Equivalent) => Self::new("✔", word, "good"),
            Some(Rounded) => Self::new("≈", word, "fair"),
            Some(Narrowed | Dropped) => Self::new("!", word, "fair"),
            Some(Widened | Refused) => Self::new("✘", word, "bad"),
            None => Self::new("·", word, "none"),
        }
    }

    /// Of what becomes of a call, by its word.
    pub(crate) fn of_call(word: &'static str) -> Self {
        use eval::Verdict::{Allow, Deny, Error, NoRoute, Unknown};
        match eval::Verdict::ALL.into_iter().find(|verdict| verdict.word() == word) {
            Some(Allow) => Self::new("✔", "allowed", "good"),
            Some(Deny) => Self::new("✘", "denied", "bad"),
            Some(NoRoute) => Self::new("✘", "no route", "bad"),
            Some(Error) => Self::new("!", "error", "fair"),
            Some(Unknown) => Self::new("?", "unknown", "fair"),
            None => Self::new("·", word, "none"),
        }
    }

    /// Of what came of a call that was seen.
    pub(crate) fn of_seen(verdict: Seen) -> Self {
        match verdict {
            Seen::Allowed => Self::new("✔", verdict.word(), "good"),
            Seen::Denied => Self::new("✘", verdict.word(), "bad"),
            Seen::Failed => Self::new("!", verdict.word(), "fair"),
        }
    }

    /// Of how far a proxy is.
    pub(crate) fn of_sync(sync: Sync) -> Self {
        match sync {
            Sync::Synced => Self::new("✔", "in sync", "good"),
            Sync::Stale => Self::new("!", "stale", "fair"),
            Sync::Refused => Self::new("✘", "refused", "bad"),
            Sync::Absent => Self::new("·", "absent", "none"),
        }
    }

    /// Of what happened.
    pub(crate) fn of_event(kind: Kind) -> Self {
        match kind {
            Kind::InForce => Self::new("✔", "in force", "good"),
            Kind::Blocked => Self::new("✘", "blocked", "bad"),
            Kind::Warning => Self::new("!", "warning", "fair"),
            Kind::Started => Self::new("✔", "started", "good"),
            Kind::Trouble => Self::new("✘", "trouble", "bad"),
            Kind::Note => Self::new("i", "note", "none"),
        }
    }

    /// Of how bad a diagnostic is, by its word.
    pub(crate) fn of_severity(word: &str) -> Self {
        match word {
            "error" => Self::new("✘", "error", "bad"),
            "warning" => Self::new("!", "warning", "fair"),
            _ => Self::new("i", "note", "none"),
        }
    }

    /// Of how a Service is protected, by its word.
    pub(crate) fn of_access(word: &'static str) -> Self {
        match word {
            "closed" => Self::new("✔", word, "good"),
            "partly" => Self::new("!", "partly open", "fair"),
            "open" => Self::new("!", word, "fair"),
            _ => Self::new("·", word, "none"),
        }
    }

    /// Of whether an object of policy is used as it is written, by its word.
    pub(crate) fn of_ready(word: &'static str) -> Self {
        match word {
            "ready" => Self::new("✔", word, "good"),
            "warnings" => Self::new("!", word, "fair"),
            _ => Self::new("✘", word, "bad"),
        }
    }

    /// Of what becomes of an object of policy on a mesh.
    pub(crate) fn on_mesh(verdict: Option<&'static str>, withheld: bool) -> Self {
        match verdict {
            _ if withheld => Self::WITHHELD,
            Some(word) => Self::of_loss(word),
            None => Self::new("·", "nothing", "none"),
        }
    }

    /// A share of the calls goes there.
    pub(crate) const SHARE: Self = Self::new("%", "share", "accent");

    /// Nothing is written for this mesh.
    pub(crate) const WITHHELD: Self = Self::new("✘", "withheld", "bad");
}
