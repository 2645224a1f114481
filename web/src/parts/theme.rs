//! Light, dark, or as the system says; kept in a cookie, so that a page is drawn right without a script.

/// How a page is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system says.
    System,
    Light,
    Dark,
}

impl Theme {
    /// Holds the word.
    pub(crate) const COOKIE: &'static str = "meshglot-theme";

    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// By its word.
    pub(crate) fn of(word: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|theme| Some(theme.word()) == word).unwrap_or(Self::System)
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}
