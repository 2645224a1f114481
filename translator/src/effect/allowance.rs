//! What a caller may do at a port of a Service, in words.

use std::collections::BTreeSet;
use std::fmt;

use super::pattern::Pattern;

/// What somebody may say at one port of a Service by the neutral policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Allowance {
    /// Nothing; written `-`.
    Nothing,
    /// Whatever is said; written `ALL`.
    Everything,
    /// These requests and no others.
    Requests(BTreeSet<Allowed>),
}

/// Requests that are let in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allowed {
    /// Which.
    pub pattern: Pattern,
    /// Whether only some of the workloads let them in that a split sends them to; written `~` behind them.
    pub partly: bool,
}

impl Allowance {
    /// What several workloads let in, that all get calls of the port.
    pub(super) fn of(admitted: &[BTreeSet<Pattern>]) -> Self {
        // Who lets everything in lets these in too.
        let takes = |patterns: &BTreeSet<Pattern>, one: &Pattern| patterns.contains(&Pattern::All) || patterns.contains(one);
        let all: BTreeSet<&Pattern> = admitted.iter().flatten().collect();
        let allowed = all
            .into_iter()
            .map(|pattern| Allowed { pattern: pattern.clone(), partly: !admitted.iter().all(|patterns| takes(patterns, pattern)) });
        let allowed: BTreeSet<Allowed> = allowed.collect();
        let everything = |one: &Allowed| one.pattern == Pattern::All && !one.partly;
        match allowed.is_empty() {
            true => Self::Nothing,
            false if allowed.iter().any(everything) => Self::Everything,
            false => Self::Requests(allowed),
        }
    }

    /// In words, one for each pattern; none for nothing.
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Everything => vec![Pattern::All.to_string()],
            Self::Requests(allowed) => allowed.iter().map(ToString::to_string).collect(),
        }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.pattern, if self.partly { "~" } else { "" })
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("-"),
            Self::Everything | Self::Requests(_) => f.write_str(&self.words().join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(&[], "-" ; "nobody there")]
    #[test_case(&[&[]], "-" ; "closed")]
    #[test_case(&[&["ALL"]], "ALL" ; "open")]
    #[test_case(&[&["/b", "/a"]], "* /a; * /b" ; "sorted")]
    #[test_case(&[&["/a"], &["/a", "/b"]], "* /a; * /b~" ; "one of two workloads")]
    #[test_case(&[&["/a"], &["ALL"]], "ALL~; * /a" ; "one of two is open")]
    #[test_case(&[&["tcp"], &["tcp"]], "tcp" ; "bytes")]
    fn of_workloads(admitted: &[&[&str]], want: &str) {
        let pattern = |word: &&str| match *word {
            "ALL" => Pattern::All,
            "tcp" => Pattern::Tcp,
            path => Pattern::Http { path: path.to_owned(), methods: BTreeSet::new(), headers: Vec::new() },
        };
        let admitted: Vec<BTreeSet<Pattern>> = admitted.iter().map(|patterns| patterns.iter().map(pattern).collect()).collect();
        assert_eq!(Allowance::of(&admitted).to_string(), want);
    }
}
