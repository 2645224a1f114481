//! The codes of `codes.yaml`: what each means, what to do about it, and an example of it.

use std::fmt;
use std::str::FromStr;

use crate::diagnostic::Severity;

include!(concat!(env!("OUT_DIR"), "/codes.rs"));

/// What `codes.yaml` says about a code, and what lies in its folder of examples.
#[derive(Debug)]
pub struct CodeInfo {
    /// The code itself.
    pub code: Code,
    /// `MG0101`.
    pub name: &'static str,
    /// A line without a full stop.
    pub title: &'static str,
    /// Of a diagnostic; `None` for a loss, whose verdict decides.
    pub level: Option<Severity>,
    /// The backend whose loss it is.
    pub backend: Option<&'static str>,
    /// Whether accepting it allows more than was written: needs `--allow-widening`.
    pub widens: bool,
    /// Whether it is about what `verify` does not decide: spellings of a path, other installations.
    pub beside: bool,
    /// What happens and why.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// The first version that says it, `0.1`.
    pub since: &'static str,
    /// The neutral kinds that it is about; empty: all.
    pub kinds: &'static [&'static str],
    /// Codes of the same trouble.
    pub see: &'static [Code],
    /// An input that says it and one that does not. `None`: see `no_example`.
    pub example: Option<CodeExample>,
    /// Why no file can be an example.
    pub no_example: Option<&'static str>,
    /// Golden cases that show it, `split/ninety-ten`; those that show the least besides.
    pub proof: &'static [&'static str],
}

/// The files of `golden/codes/<CODE>/`.
#[derive(Debug)]
pub struct CodeExample {
    /// An input that says the code.
    pub bad: &'static str,
    /// The same without the trouble.
    pub good: &'static str,
    /// Words of the command line beside those that every example has.
    pub flags: &'static str,
    /// What `lint` says about the bad one.
    pub said: &'static str,
}

/// First four letters of codes, and what such codes are about.
pub const RANGES: [(&str, &str); 10] = [
    ("MG00", "input that cannot be read as it is written"),
    ("MG01", "references that lead nowhere, or elsewhere"),
    ("MG02", "objects that overlap or contradict each other"),
    ("MG03", "numbers"),
    ("MG05", "protection that is not there, or weaker than it looks"),
    ("MG06", "versions that cannot say what another one says"),
    ("MG11", "losses on Istio"),
    ("MG12", "losses on Linkerd"),
    ("MG13", "losses on Consul"),
    ("MG14", "losses on the built-in mesh"),
];

impl Code {
    /// What `codes.yaml` says about it.
    pub fn info(self) -> &'static CodeInfo {
        // The enum and the table are made from one list in one order.
        &CODES[self as usize]
    }
}

impl CodeInfo {
    /// The flag that accepts it; `None` for a mistake in the input, which nothing accepts.
    pub fn accepted_by(&self) -> Option<&'static str> {
        self.backend.map(|_| if self.widens { "--allow-widening" } else { "--allow-lossy" })
    }

    /// What follows the input on the command line of its examples.
    pub fn example_flags(&self) -> String {
        let backend = self.backend.map(|backend| format!("--backend {backend}"));
        let own = self.example.as_ref().map(|example| example.flags.trim().to_owned()).filter(|flags| !flags.is_empty());
        backend.into_iter().chain(own).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info().name)
    }
}

impl FromStr for Code {
    type Err = String;

    /// Takes `MG0101` in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = CODES.iter().find(|info| info.name.eq_ignore_ascii_case(text));
        found.map(|info| info.code).ok_or_else(|| format!("there is no code {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_finds_its_own_entry() {
        for info in CODES {
            assert_eq!(info.code.to_string(), info.name);
            assert_eq!(info.name.parse(), Ok(info.code));
        }
    }

    #[test]
    fn every_code_is_in_a_range_and_every_range_has_codes() {
        for info in CODES {
            assert!(RANGES.iter().any(|(range, _)| info.name.starts_with(range)), "{} is in no range", info.name);
        }
        for (range, _) in RANGES {
            assert!(CODES.iter().any(|info| info.name.starts_with(range)), "{range} has no codes");
        }
    }

    #[test]
    fn a_loss_is_accepted_by_the_flag_of_its_sort() {
        assert_eq!(Code::MG0101.info().accepted_by(), None);
        assert_eq!(Code::MG1103.info().accepted_by(), Some("--allow-lossy"));
        assert_eq!(Code::MG1216.info().accepted_by(), Some("--allow-widening"));
    }

    #[test]
    fn kinds_and_codes_to_see_are_others_that_exist() {
        for info in CODES {
            let unknown = info.kinds.iter().find(|kind| meshglot_crds::all().iter().all(|known| known.kind != **kind));
            assert_eq!(unknown, None, "{}: no kind is called so", info.name);
            assert!(!info.see.contains(&info.code), "{} sends its reader to itself", info.name);
        }
    }
}
