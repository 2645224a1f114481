//! Whether to colour: `--color` > `NO_COLOR` > `CLICOLOR_FORCE`, `FORCE_COLOR` > `TERM=dumb` > a terminal or a
//! CI that shows colours.

use std::ffi::OsString;

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

/// What the arguments say of colour, whatever else is wrong with them.
pub(crate) fn asked(arguments: &[OsString]) -> ColourChoice {
    let behind = arguments.iter().position(|word| word == "--color").and_then(|at| arguments.get(at + 1)).and_then(|word| word.to_str());
    let glued = || arguments.iter().find_map(|word| word.to_str()?.strip_prefix("--color="));
    behind.or_else(glued).and_then(|word| ColourChoice::from_str(word, false).ok()).unwrap_or_default()
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
    use test_case::test_case;

    fn with(choice: ColourChoice, terminal: bool, set: &[(&str, &str)]) -> bool {
        let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        decide(choice, terminal, &variable)
    }

    #[test_case("lint --color never", ColourChoice::Never ; "apart")]
    #[test_case("lint --color=always", ColourChoice::Always ; "glued")]
    #[test_case("lint --color", ColourChoice::Auto ; "nothing behind it")]
    #[test_case("lint --color=red", ColourChoice::Auto ; "no such word")]
    #[test_case("lint", ColourChoice::Auto ; "not there")]
    fn asked_for(written: &str, want: ColourChoice) {
        assert_eq!(asked(&written.split(' ').map(Into::into).collect::<Vec<_>>()), want);
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
