//! One test, held against the policy and against each mesh.

use meshglot_translator::diagnostic::Diagnostic;
use meshglot_translator::eval::{Decision, Evaluate as _, Outcome, Request, Verdict};
use meshglot_translator::render::{Loss, Verdict as LossVerdict};

use super::held::{Failed, Held, POLICY};
use super::suite::{Assertion, Destination, Share, Test};
use super::world::{Mesh, World, share_of};
use crate::can::{place, reaches};

/// Holds a test against the policy and the meshes of these names. Names that nobody has are mistakes of the test.
pub(super) fn check(world: &World<'_>, test: &Test, wanted: &[String], arrow: &str) -> Result<Vec<Held>, Vec<Diagnostic>> {
    let meshes = |wanted: &[String]| -> Vec<&Mesh<'_>> {
        let is_wanted = |mesh: &&Mesh<'_>| wanted.is_empty() || wanted.iter().any(|name| name == mesh.name);
        world.meshes.iter().filter(is_wanted).collect()
    };
    match &test.assertion {
        Assertion::Call { allowed, from, to, headers } => {
            let pairs = to.iter().flat_map(|to| from.iter().map(move |from| (from, to)));
            let several = from.len() * to.len() > 1;
            let called = |from: &str, to: &Destination| if several { format!(" of {from} {arrow} {}", to.text()) } else { String::new() };
            let calls = all(pairs.map(|(from, to)| Ok((world.request(from, to, headers)?, called(&from.0, to)))))?;
            Ok(of_calls(world, &meshes(wanted), &calls, &|of, decision, by| {
                let held = if *allowed { is_answered(decision) } else { is_denied(decision, by) };
                (!held).then(|| otherwise(&format!("{}{of}", if *allowed { "allow" } else { "deny" }), decision))
            }))
        }
        Assertion::Split { from, to, headers, shares } => {
            let request = world.request(from, to, headers).map_err(|mistake| vec![*mistake])?;
            let who = all(shares.iter().map(|share| world.who(share, &request.service.namespace)))?;
            let shares: Vec<(&Share, Vec<Outcome>)> = shares.iter().zip(who).collect();
            Ok(of_calls(world, &meshes(wanted), &[(request, String::new())], &|_, decision, _| off(&shares, decision)))
        }
        Assertion::Lossless { backends, except } => {
            let wanted = if backends.is_empty() { wanted } else { backends };
            let lost = |loss: &&&Loss| loss.verdict > LossVerdict::Equivalent && !loss.accepted && !except.contains(&loss.code);
            let held = meshes(wanted).into_iter().map(|mesh| {
                let lost: Vec<&Loss> = mesh.losses.iter().filter(lost).copied().collect();
                let failed = (!lost.is_empty()).then(|| losses(&lost));
                Held::new(mesh.name, withheld(mesh, "no loss").or(failed))
            });
            Ok(held.collect())
        }
    }
}

/// Everything, or every mistake.
fn all<T>(results: impl Iterator<Item = Result<T, Box<Diagnostic>>>) -> Result<Vec<T>, Vec<Diagnostic>> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(one) => good.push(one),
            Err(mistake) => bad.push(*mistake),
        }
    }
    if bad.is_empty() { Ok(good) } else { Err(bad) }
}

/// A request, and what it is called among others.
type Called = (Request, String);

/// Whose decision it is.
#[derive(Clone, Copy)]
enum By {
    Policy,
    Mesh,
}

/// Whether a decision, of a call with this name, is not what was expected.
type Fails<'f> = &'f dyn Fn(&str, &Decision, By) -> Option<Failed>;

/// The first call that is decided otherwise, on the policy and on each mesh.
fn of_calls(world: &World<'_>, meshes: &[&Mesh<'_>], calls: &[Called], fails: Fails<'_>) -> Vec<Held> {
    let on_policy = calls.iter().find_map(|(request, called)| {
        let decision = world.neutral.evaluate(request);
        let because = by_rule(world, &decision);
        fails(called, &decision, By::Policy).map(|failed| Failed { because, ..failed })
    });
    let on_mesh = |mesh: &Mesh<'_>| {
        let failed = calls.iter().find_map(|(request, called)| {
            let decision = mesh.decide(request);
            Some(explained(fails(called, &decision, By::Mesh)?, mesh, &decision, &world.neutral.evaluate(request)))
        });
        Held::new(mesh.name, withheld(mesh, "what the policy says").or(failed))
    };
    std::iter::once(Held::new(POLICY, on_policy)).chain(meshes.iter().map(|mesh| on_mesh(mesh))).collect()
}

/// Every part of the requests is answered.
fn is_answered(decision: &Decision) -> bool {
    decision.verdict == Verdict::Allow && !decision.shares.keys().any(|who| matches!(who, Outcome::Ended(_)))
}

/// No part is answered. By the policy that is a denial and nothing else, such as a destination that does not exist;
/// what it denies a mesh may end in any way, such as with 400 for bytes that are not HTTP.
fn is_denied(decision: &Decision, by: By) -> bool {
    match (decision.verdict, by) {
        (Verdict::Deny | Verdict::NoRoute, _) | (Verdict::Error, By::Mesh) => true,
        (Verdict::Allow | Verdict::Unknown, _) | (Verdict::Error, By::Policy) => false,
    }
}

fn otherwise(expected: &str, decision: &Decision) -> Failed {
    Failed { expected: expected.to_owned(), got: reaches(decision), because: Vec::new() }
}

/// Shares that are not as they are to be.
fn off(shares: &[(&Share, Vec<Outcome>)], decision: &Decision) -> Option<Failed> {
    if decision.verdict != Verdict::Allow {
        return Some(otherwise("an answer", decision));
    }
    let off: Vec<_> = shares.iter().filter(|(share, who)| !share.bounds.hold(share_of(decision, who))).collect();
    let expected: Vec<String> = off.iter().map(|(share, _)| format!("{} {}", share.who, share.bounds)).collect();
    let got = off.iter().map(|(share, who)| format!("{} {}", share.who, share_of(decision, who).percent()));
    (!off.is_empty()).then(|| Failed { expected: expected.join(", "), got: got.collect::<Vec<_>>().join(", "), because: Vec::new() })
}

fn losses(lost: &[&Loss]) -> Failed {
    let mut codes: Vec<&str> = lost.iter().map(|loss| loss.code.info().name).collect();
    codes.sort_unstable();
    codes.dedup();
    let because = lost.iter().map(|loss| told(loss)).collect();
    Failed { expected: "no loss".to_owned(), got: codes.join(", "), because }
}

fn told(loss: &Loss) -> String {
    format!("{} {}: {}   {}", loss.code, loss.verdict, loss.message, loss.origin.location())
}

/// A mesh that gets nothing holds nothing.
fn withheld(mesh: &Mesh<'_>, expected: &str) -> Option<Failed> {
    let got = || format!("not rendered ({})", mesh.withheld.join(", "));
    (!mesh.withheld.is_empty()).then(|| Failed {
        expected: expected.to_owned(),
        got: got(),
        because: vec!["nothing is written for it: it would allow more than the policy says".to_owned()],
    })
}

/// By which rule the policy decides, and where that is written; where by none, what was near.
fn by_rule(world: &World<'_>, decision: &Decision) -> Vec<String> {
    let Some(rule) = &decision.rule else {
        let none = match decision.verdict {
            Verdict::Allow => "no rule is about it: the workload is open",
            Verdict::Deny => "no rule allows it, and the workload is closed",
            Verdict::NoRoute | Verdict::Error | Verdict::Unknown => return Vec::new(),
        };
        let closest = decision.misses.iter().take(3).map(|miss| format!("closest: {miss}"));
        return std::iter::once(none.to_owned()).chain(closest).collect();
    };
    vec![format!("by {rule}{}", place(rule, &world.plan.model))]
}

/// Why a mesh does otherwise: a loss of the object that decides by the policy, or its own rule.
fn explained(failed: Failed, mesh: &Mesh<'_>, done: &Decision, said: &Decision) -> Failed {
    let object = said.rule.as_deref().and_then(|rule| rule.split('#').next()).unwrap_or_default();
    // What the mesh does as the policy says is no matter of losses.
    let about = |loss: &&&Loss| said.shares != done.shares && loss.object.to_string() == object && loss.verdict > LossVerdict::Equivalent;
    let mut because: Vec<String> = mesh.losses.iter().filter(about).map(|loss| told(loss)).collect();
    if done.verdict == Verdict::Error {
        because.extend(said.shares.keys().filter_map(|who| match who {
            Outcome::Service(key) => Some(format!("no workload of Service `{}` is known: give its manifests too", key.name)),
            Outcome::Workload(_) | Outcome::Ended(_) => None,
        }));
    }
    if because.is_empty() {
        because.extend(done.rule.iter().map(|rule| format!("by {rule}")));
        because.extend(done.misses.iter().take(3).map(|miss| format!("closest: {miss}")));
    }
    Failed { because, ..failed }
}
