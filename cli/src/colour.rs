//! Whether to colour: `--color` > `NO_COLOR` > `CLICOLOR_FORCE`, `FORCE_COLOR` > `TERM=dumb` > a terminal or a
//! CI that shows colours.

use clap::ValueEnum;

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColourChoice {
    /// As the terminal and the environment say.
    #[default]
    Auto,
    /// Even into a file.
    Always,
    /// Never.
    Never,
}

/// Decides for one stream. `variable` reads the environment.
pub(crate) fn decide(choice: ColourChoice, terminal: bool, variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        ColourChoice::Always => true,
        ColourChoice::Never => false,
        ColourChoice::Auto if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        ColourChoice::Auto if set("CLICOLOR_FORCE") || set("FORCE_COLOR") => true,
        ColourChoice::Auto if variable("TERM").as_deref() == Some("dumb") => false,
        ColourChoice::Auto => terminal || set("GITHUB_ACTIONS") || set("GITLAB_CI"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(choice: ColourChoice, terminal: bool, set: &[(&str, &str)]) -> bool {
        let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        decide(choice, terminal, &variable)
    }

    #[test]
    fn the_flag_wins_then_no_color_then_force() {
        assert!(with(ColourChoice::Always, false, &[("NO_COLOR", "1")]));
        assert!(!with(ColourChoice::Auto, true, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
        assert!(with(ColourChoice::Auto, false, &[("FORCE_COLOR", "1"), ("TERM", "dumb")]));
        assert!(!with(ColourChoice::Auto, true, &[("TERM", "dumb")]));
        assert!(with(ColourChoice::Auto, true, &[]));
        assert!(!with(ColourChoice::Auto, false, &[]));
        assert!(with(ColourChoice::Auto, false, &[("GITHUB_ACTIONS", "true")]));
    }
}
