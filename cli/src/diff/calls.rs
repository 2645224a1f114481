//! The level of effect: who may call what now and could not before, and whose share moved.

use meshglot_translator::effect::{Effect, Options, Side, effect};
use meshglot_translator::eval::Neutral;
use meshglot_translator::review::{Unlike, unlike};

use super::Shown;
use crate::plan::Plan;
use crate::render::count;

/// More changes of access than this are counted, unless everything is asked for.
pub(super) const MOST: usize = 10;

/// The lines of this level: what the policy does, then where a mesh does not.
pub(super) fn lines(shown: &Shown<'_>, arrow: &str, cut: bool) -> Vec<String> {
    let comparison = &shown.comparison;
    let Some(effect) = &comparison.effect else { return Vec::new() };
    let mut lines = of(effect, arrow, if cut { MOST } else { usize::MAX });
    let mut beside = Vec::new();
    for mesh in &comparison.meshes {
        let Some(there) = &mesh.effect else { continue };
        beside.extend(besides(mesh.backend, &unlike(effect, there), arrow));
        beside.extend(there.doubts.iter().map(|doubt| format!("! {} {}", mesh.backend, doubt.line(arrow))));
    }
    lines.append(&mut beside);
    lines.into_iter().map(|line| format!("  {line}")).collect()
}

/// The lines of one effect.
pub(crate) fn of(effect: &Effect, arrow: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = effect.access.iter().take(most).map(|change| change.words().line(arrow)).collect();
    if effect.access.len() > most {
        lines.push(format!("  and {}, --all shows them", count(effect.access.len() - most, "more change of access")));
    }
    lines.extend(effect.shares.iter().map(|change| change.words().line(arrow)));
    lines.extend(effect.doubts.iter().map(|doubt| format!("! {}", doubt.line(arrow))));
    lines
}

/// What calls become of from one policy to another.
pub(crate) fn effect_between(before: &Plan, now: &Plan) -> Effect {
    let (from, to) = (Neutral::new(&before.model), Neutral::new(&now.model));
    let from = Side { model: &before.model, reading: &from, mesh: None };
    let to = Side { model: &now.model, reading: &to, mesh: None };
    effect(&from, &to, &Options::default())
}

fn besides(backend: &str, unlike: &Unlike<'_>, arrow: &str) -> Vec<String> {
    let less = unlike.less.iter().map(|change| format!("! not on {backend}: {}", change.words().line(arrow)));
    let more = unlike.more.iter().map(|change| format!("! on {backend}: {}", change.words().line(arrow)));
    let unmoved = unlike.unmoved.iter().map(|change| format!("! not on {backend}: {}", change.words().line(arrow)));
    let shares = unlike.shares.iter().map(|change| format!("! on {backend}: {}", change.words().line(arrow)));
    less.chain(more).chain(unmoved).chain(shares).collect()
}
