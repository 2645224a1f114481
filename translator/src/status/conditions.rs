//! The conditions of an object: kstatus' `Ready`, `Reconciling` and `Stalled`, and our own that say why.

use meshglot_crds::status::{Condition, ConditionStatus, LastGood, Verdict};

use super::Reached;
use super::facts::{Applied, Facts};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::render::Loss;

/// What leaves an object without a part of its effect, and is no mistake in it: UDP, and callers of another trust domain.
const IDLE: [Code; 2] = [Code::MG0114, Code::MG0115];

/// Bytes of a message.
const MESSAGE: usize = 256;

/// A condition before it has a time.
#[derive(Clone, Debug)]
struct Said {
    type_: &'static str,
    status: ConditionStatus,
    reason: &'static str,
    message: String,
}

impl Said {
    fn yes(type_: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self { type_, status: ConditionStatus::True, reason, message: message.into() }
    }

    fn no(type_: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self { type_, status: ConditionStatus::False, reason, message: message.into() }
    }

    fn holds(&self) -> bool {
        self.status == ConditionStatus::True
    }
}

pub(super) fn conditions(told: &[&Diagnostic], reached: &[Reached<'_>], facts: &Facts<'_>) -> Vec<Condition> {
    let conflict = conflict(told);
    let accepted = accepted(told);
    let translated = translated(reached);
    let applied = applied(reached);
    let idle = told.iter().find(|one| IDLE.contains(&one.code) && one.severity == Severity::Warning).map(|one| line(one));
    let ready = ready(conflict.as_ref(), &accepted, &translated, &applied, reached, idle.as_deref());
    let stalled = (!ready.holds() && ready.reason != "NotApplied").then(|| Said::yes("Stalled", ready.reason, ready.message.clone()));
    let progresses = ready.reason == "NotApplied" && applied.reason == "Pending";
    let reconciling = progresses.then(|| Said::yes("Reconciling", "Progressing", applied.message.clone()));
    let lossless = idle.map_or_else(|| lossless(reached), |why| Said::no("Lossless", "Lossy", why));
    let said = [Some(ready), reconciling, stalled, Some(accepted), Some(translated), Some(applied), Some(lossless), conflict];
    said.into_iter().flatten().map(|said| timed(said, facts)).collect()
}

/// Two objects want the same, and another one has it.
fn conflict(told: &[&Diagnostic]) -> Option<Said> {
    let found = errors(told).find(|one| one.code.info().name.starts_with("MG02"))?;
    Some(Said::yes("Conflict", "Conflicted", line(found)))
}

fn accepted(told: &[&Diagnostic]) -> Said {
    if let Some(found) = told.iter().find(|one| one.code == Code::MG0107) {
        return Said::no("Accepted", "NoMesh", line(found));
    }
    let found = errors(told).find_map(|one| {
        let reason = match one.code.info().name.get(..4)? {
            "MG00" | "MG03" => "Invalid",
            "MG01" if one.code == Code::MG0104 => "NotGranted",
            "MG01" => "ReferenceMissing",
            _ => return None,
        };
        Some(Said::no("Accepted", reason, line(one)))
    });
    found.unwrap_or_else(|| Said::yes("Accepted", "Valid", "it can be read, and what it refers to is there"))
}

fn translated(reached: &[Reached<'_>]) -> Said {
    let Some(refused) = reached.iter().find(|one| one.is_refused()) else {
        return Said::yes("Translated", "Rendered", "every backend can say it");
    };
    let why = match refused.losses.first() {
        Some(loss) if loss.verdict == Verdict::Refused => format!("{} {}", loss.code.info().name, loss.message),
        _ => format!("it would allow more than the policy says ({})", refused.withheld.join(", ")),
    };
    let rest = refused.on.last_good.as_ref().map_or_else(|| "nothing of it is in force there".to_owned(), stays);
    Said::no("Translated", "Refused", with_rest(&format!("{}: {why}", refused.backend), Some(&rest)))
}

fn stays(good: &LastGood) -> String {
    format!("generation {} stays in force", good.generation)
}

/// What is wrong may take many words; what holds instead must not be cut off.
fn with_rest(why: &str, rest: Option<&str>) -> String {
    let Some(rest) = rest else { return why.to_owned() };
    format!("{}; {rest}", shortened(why, MESSAGE - rest.len() - 2))
}

fn applied(reached: &[Reached<'_>]) -> Said {
    let other = reached.iter().find(|one| one.on.applied != Applied::InForce);
    let Some(other) = other else { return Said::yes("Applied", "InForce", "the backends have it") };
    let (reason, why) = match &other.on.applied {
        Applied::InForce => ("InForce", String::new()),
        Applied::Pending(why) => ("Pending", why.clone()),
        Applied::Rejected(why) => ("Rejected", why.clone()),
        Applied::Unreachable(why) => ("Unreachable", why.clone()),
        Applied::Paused => ("Paused", "the Mesh is paused".to_owned()),
        Applied::Drifted(why) => ("Drifted", why.clone()),
    };
    Said::no("Applied", reason, format!("{}: {why}", other.backend))
}

fn ready(conflict: Option<&Said>, accepted: &Said, translated: &Said, applied: &Said, reached: &[Reached<'_>], idle: Option<&str>) -> Said {
    let because = |reason, said: &Said| Said::no("Ready", reason, said.message.clone());
    if let Some(conflict) = conflict {
        return because("Conflicted", conflict);
    }
    if !accepted.holds() {
        let message = with_rest(&accepted.message, reached.iter().find_map(|one| Some(stays(one.on.last_good.as_ref()?))).as_deref());
        return Said::no("Ready", "Invalid", message);
    }
    if !translated.holds() {
        return because("Refused", translated);
    }
    if !applied.holds() {
        return because("NotApplied", applied);
    }
    if let Some(why) = idle {
        // There is nothing to wait for, and nothing that an edit of it would mend.
        return Said::yes("Ready", "InForce", why);
    }
    let names: Vec<&str> = reached.iter().map(|one| one.backend).collect();
    Said::yes("Ready", "InForce", format!("in force on {}", names.join(", ")))
}

fn lossless(reached: &[Reached<'_>]) -> Said {
    let lossy = |loss: &&&Loss| loss.verdict > Verdict::Equivalent;
    let losses: Vec<&&Loss> = reached.iter().flat_map(|one| &one.losses).filter(lossy).collect();
    let Some(worst) = losses.iter().max_by_key(|loss| (!loss.accepted, loss.verdict)) else {
        return Said::yes("Lossless", "Exact", "nothing is lost");
    };
    let reason = if worst.accepted { "LossAccepted" } else { "Lossy" };
    Said::no("Lossless", reason, format!("{}: {} {}: {}", worst.backend, worst.code.info().name, worst.verdict, worst.message))
}

fn errors<'d>(told: &'d [&'d Diagnostic]) -> impl Iterator<Item = &'d Diagnostic> {
    told.iter().copied().filter(|one| one.severity == Severity::Error)
}

/// Code, words and what to do about it.
fn line(diagnostic: &Diagnostic) -> String {
    format!("{} {}", diagnostic.code.info().name, diagnostic.message)
}

/// With the time since when it is so.
fn timed(said: Said, facts: &Facts<'_>) -> Condition {
    let before = facts.before.and_then(|status| status.conditions.as_ref()?.iter().find(|one| one.type_ == said.type_));
    let since = before.filter(|one| one.status == said.status).map_or(facts.at, |one| one.last_transition_time.as_str());
    Condition {
        type_: said.type_.to_owned(),
        status: said.status,
        reason: said.reason.to_owned(),
        message: shortened(&said.message, MESSAGE),
        observed_generation: Some(facts.generation),
        last_transition_time: since.to_owned(),
    }
}

/// At most so many bytes, with a sign that there was more.
fn shortened(text: &str, bytes: usize) -> String {
    const MORE: &str = "…";
    if text.len() <= bytes {
        return text.to_owned();
    }
    let room = bytes.saturating_sub(MORE.len());
    let end = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}{MORE}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_too_long_ends_between_two_characters() {
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(shortened("äöüäöü", 8), "äö…");
        assert!(shortened(&"ü".repeat(300), MESSAGE).len() <= MESSAGE);
    }
}
