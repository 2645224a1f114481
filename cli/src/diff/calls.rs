//! The level of effect: who may call what now and could not before, and whose share moved.

use meshglot_translator::effect::{AccessChange, Effect, Party, Pattern, Presence, ShareChange, Uncertain, Why};
use meshglot_translator::eval::Decision;
use meshglot_translator::review::{Unlike, unlike};
use meshglot_translator::sorts::Doubt;

use super::Shown;
use crate::render::count;
use crate::verify::call;

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
        beside.extend(there.doubts.iter().map(|doubt| format!("! {} {}", mesh.backend, uncertain(doubt, arrow))));
    }
    lines.append(&mut beside);
    lines.into_iter().map(|line| format!("  {line}")).collect()
}

/// The lines of one effect.
pub(super) fn of(effect: &Effect, arrow: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = effect.access.iter().take(most).map(|change| access(change, arrow)).collect();
    if effect.access.len() > most {
        lines.push(format!("  and {}, --all shows them", count(effect.access.len() - most, "more change of access")));
    }
    lines.extend(effect.shares.iter().map(|change| share(change, arrow)));
    lines.extend(effect.doubts.iter().map(|doubt| format!("! {}", uncertain(doubt, arrow))));
    lines
}

fn besides(backend: &str, unlike: &Unlike<'_>, arrow: &str) -> Vec<String> {
    let less = unlike.less.iter().map(|change| format!("! not on {backend}: {}", access(change, arrow)));
    let more = unlike.more.iter().map(|change| format!("! on {backend}: {}", access(change, arrow)));
    let unmoved = unlike.unmoved.iter().map(|change| format!("! not on {backend}: {}", share(change, arrow)));
    let shares = unlike.shares.iter().map(|change| format!("! on {backend}: {}", share(change, arrow)));
    less.chain(more).chain(unmoved).chain(shares).collect()
}

/// `+ sa/shop/ops → ratings.shop:9080  POST /ratings/*   was denied`.
pub(super) fn access(change: &AccessChange, arrow: &str) -> String {
    let AccessChange { party, service, port, gained, presence, requests, more, .. } = change;
    let mut words: Vec<String> = requests.iter().map(ToString::to_string).collect();
    if requests.iter().any(|one| !one.whole) {
        words.push(format!("such as {}", Pattern::One(change.example.call.clone())));
    }
    if *more > 0 {
        words.push(format!("{more} more"));
    }
    let (sign, other, word) = if *gained { ('+', &change.from, "was") } else { ('-', &change.to, "now") };
    let how = match presence {
        Presence::Kept => format!("{word} {}", ending(other)),
        Presence::Added => "a new port".to_owned(),
        Presence::Removed => "the port is gone".to_owned(),
    };
    let rule = if *gained { &change.to.rule } else { &change.from.rule };
    let by = rule.as_ref().map(|rule| format!(", by {rule}")).unwrap_or_default();
    format!("{sign} {party} {arrow} {}.{}:{port}   {}   {how}{by}", service.name, service.namespace, words.join("; "))
}

fn ending(decision: &Decision) -> String {
    match decision.verdict.to_string().as_str() {
        "deny" => "denied".to_owned(),
        "error" => "an error".to_owned(),
        other => other.to_owned(),
    }
}

/// `~ reviews.shop:9080   deployment/reviews-v2 10.00% → 25.00%`, and of which requests if not of all.
pub(super) fn share(change: &ShareChange, arrow: &str) -> String {
    let ShareChange { service, port, target, from, to, requests, parties, everyone, .. } = change;
    let words: Vec<String> = requests.iter().map(ToString::to_string).filter(|word| word != "ALL").collect();
    let which = if words.is_empty() { String::new() } else { format!("   of {}", words.join("; ")) };
    // Callers without a proxy are never split: that is no news.
    let who = match *everyone || parties.contains(&Party::Others) {
        true => String::new(),
        false => format!("   for {}", parties.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    };
    format!("~ {}.{}:{port}   {} {} {arrow} {}{which}{who}", service.name, service.namespace, target.short(), from.percent(), to.percent())
}

fn uncertain(doubt: &Uncertain, arrow: &str) -> String {
    let why = match &doubt.why {
        Why::Sorts(Doubt::TooManyRequests(limit)) => format!("more than {limit} sorts of requests, --limit tries more"),
        Why::Sorts(Doubt::TooLarge) => "its expressions need too large an automaton".to_owned(),
        Why::Sorts(Doubt::Uncovered(what)) => format!("it looks at {what}, of which nothing is known here"),
        Why::Unread(request) => format!("the mesh may do anything with {}", call(request, arrow)),
    };
    format!("{}.{}:{} is not decided: {why}", doubt.service.name, doubt.service.namespace, doubt.port)
}
