//! How what a mesh does with a request differs from what the policy says.

use crate::eval::{Decision, Fraction, Outcome, Verdict};
use crate::ir::ObjectKey;

/// How far a rounded share may be off.
const ROUNDED: f64 = 0.005;

/// A way to differ, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deviation {
    /// A workload answers that the policy denies this to.
    Wider,
    /// Nobody knows what the mesh does.
    Unknown,
    /// Nobody answers what the policy allows.
    Narrower,
    /// Somebody else answers.
    Elsewhere,
    /// The same answer in shares that are off by half a hundredth at most.
    Shares,
}

impl Deviation {
    /// All of them, worst first.
    pub const ALL: [Self; 5] = [Self::Wider, Self::Unknown, Self::Narrower, Self::Elsewhere, Self::Shares];

    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wider => "wider",
            Self::Unknown => "unknown",
            Self::Narrower => "narrower",
            Self::Elsewhere => "elsewhere",
            Self::Shares => "shares",
        }
    }
}

/// How `done` differs from `said`; `None`: not at all, or in how a call that nobody answers ends.
///
/// `denied`: whether the policy denies the call at this workload, whichever way it came there. `promised`: whether the policy also promises to let in. It does not to callers without a proxy, whom mutual TLS may
/// keep out, nor to bytes on a port that declares HTTP: there only [`Deviation::Wider`] and [`Deviation::Unknown`]
/// count.
pub(super) fn deviation(said: &Decision, done: &Decision, denied: impl Fn(&ObjectKey) -> bool, promised: bool) -> Option<Deviation> {
    let found = differs(said, done, denied)?;
    (promised || matches!(found, Deviation::Wider | Deviation::Unknown)).then_some(found)
}

fn differs(said: &Decision, done: &Decision, denied: impl Fn(&ObjectKey) -> bool) -> Option<Deviation> {
    if done.verdict == Verdict::Unknown {
        return Some(Deviation::Unknown);
    }
    let said = &where_nobody_is_known(said, done);
    if said.shares == done.shares {
        return None;
    }
    if answered(done).any(|(who, _)| matches!(who, Outcome::Workload(workload) if denied(workload))) {
        return Some(Deviation::Wider);
    }
    let answers = |decision: &Decision, who: &Outcome| decision.shares.get(who).copied().unwrap_or(Fraction::ZERO);
    let others = |of: &Decision, than: &Decision| answered(of).any(|(who, _)| answers(than, who) == Fraction::ZERO);
    let (gained, lost) = (others(done, said), others(said, done));
    let (before, after) = (total(said), total(done));
    answered(said).chain(answered(done)).next()?;
    // A share that was rounded is neither more nor less.
    if !gained && !lost && off_by(said, done) <= ROUNDED {
        return Some(Deviation::Shares);
    }
    match (gained, lost) {
        (false, true) if before.exceeds(after) => Some(Deviation::Narrower),
        (true, _) | (_, true) => Some(Deviation::Elsewhere),
        (false, false) if before.exceeds(after) => Some(Deviation::Narrower),
        (false, false) => Some(Deviation::Elsewhere),
    }
}

/// A Service without a known workload may as well have none: a mesh that finds nobody there does not differ.
fn where_nobody_is_known(said: &Decision, done: &Decision) -> Decision {
    let may_be_empty = |who: &Outcome| {
        matches!(who, Outcome::Service(_)) && !done.shares.contains_key(who) && done.shares.contains_key(&Outcome::Ended(Verdict::Error))
    };
    let ends = |who: &Outcome| if may_be_empty(who) { Outcome::Ended(Verdict::Error) } else { who.clone() };
    Decision::shared(said.shares.iter().map(|(who, share)| (ends(who), *share)))
}

fn answered(decision: &Decision) -> impl Iterator<Item = (&Outcome, &Fraction)> {
    decision.shares.iter().filter(|(who, _)| !matches!(who, Outcome::Ended(_)))
}

fn total(decision: &Decision) -> Fraction {
    answered(decision).fold(Fraction::ZERO, |sum, (_, share)| sum.plus(*share))
}

/// The largest difference of one share.
fn off_by(said: &Decision, done: &Decision) -> f64 {
    let share = |decision: &Decision, who: &Outcome| decision.shares.get(who).map_or(0.0, |share| share.value());
    let everybody = said.shares.keys().chain(done.shares.keys());
    everybody.map(|who| (share(said, who) - share(done, who)).abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Kind;
    use test_case::test_case;

    fn decision(parts: &[(&str, u64)]) -> Decision {
        let who = |name: &str| match name {
            "deny" => Outcome::Ended(Verdict::Deny),
            "error" => Outcome::Ended(Verdict::Error),
            "unknown" => Outcome::Ended(Verdict::Unknown),
            name => Outcome::Workload(ObjectKey { kind: Kind::Deployment, namespace: "shop".into(), name: name.into() }),
        };
        let sum = parts.iter().map(|(_, weight)| weight).sum();
        Decision::shared(parts.iter().map(|(name, weight)| (who(name), Fraction::of(*weight, sum))))
    }

    fn is_closed(workload: &ObjectKey) -> bool {
        &*workload.name == "closed"
    }

    #[test_case(&[("a", 1)], &[("a", 1)], None ; "alike")]
    #[test_case(&[("deny", 1)], &[("closed", 1)], Some(Deviation::Wider) ; "denied and answered")]
    #[test_case(&[("deny", 1)], &[("a", 1)], Some(Deviation::Elsewhere) ; "denied where it is meant to go")]
    #[test_case(&[("a", 1), ("deny", 1)], &[("a", 1), ("closed", 1)], Some(Deviation::Wider) ; "a part of it")]
    #[test_case(&[("a", 1), ("deny", 1)], &[("a", 1)], Some(Deviation::Elsewhere) ; "the denied share goes to who may answer")]
    #[test_case(&[("a", 1)], &[("deny", 1)], Some(Deviation::Narrower) ; "answered and denied")]
    #[test_case(&[("a", 1), ("b", 1)], &[("a", 1), ("error", 1)], Some(Deviation::Narrower) ; "one of two")]
    #[test_case(&[("a", 1)], &[("b", 1)], Some(Deviation::Elsewhere) ; "another one")]
    #[test_case(&[("error", 1)], &[("b", 1)], Some(Deviation::Elsewhere) ; "nobody and somebody")]
    #[test_case(&[("a", 1), ("b", 1)], &[("a", 1), ("b", 2)], Some(Deviation::Elsewhere) ; "other shares")]
    #[test_case(&[("a", 1), ("b", 2)], &[("a", 333), ("b", 667)], Some(Deviation::Shares) ; "rounded shares")]
    #[test_case(&[("deny", 1)], &[("error", 1)], None ; "refused otherwise")]
    #[test_case(&[("a", 1)], &[("unknown", 1)], Some(Deviation::Unknown) ; "unreadable")]
    fn differences(said: &[(&str, u64)], done: &[(&str, u64)], want: Option<Deviation>) {
        assert_eq!(deviation(&decision(said), &decision(done), is_closed, true), want);
    }

    #[test]
    fn a_service_that_nobody_is_known_behind_may_be_empty() {
        let service = Outcome::Service(crate::ir::ServiceKey { namespace: "shop".into(), name: "web".into() });
        let said = Decision::all(service);
        assert_eq!(deviation(&said, &decision(&[("error", 1)]), is_closed, true), None);
        assert_eq!(deviation(&said, &decision(&[("deny", 1)]), is_closed, true), Some(Deviation::Narrower));
    }

    #[test]
    fn what_is_not_promised_may_be_refused() {
        let without = |said, done| deviation(&decision(&[(said, 1)]), &decision(&[(done, 1)]), is_closed, false);
        assert_eq!(without("a", "deny"), None);
        assert_eq!(without("deny", "closed"), Some(Deviation::Wider));
    }
}
