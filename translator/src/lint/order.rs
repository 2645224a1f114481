//! MG0207, MG0208: matches of splits on one root, where an earlier split takes the requests of a later one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Linter;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{HttpMatch, ObjectKey, PortRoutes, Rule};

/// A match of a split, by its number.
type Place = (ObjectKey, usize);

/// What was found on the ports of one root.
#[derive(Default)]
struct Found {
    /// Matches that some port reaches.
    reached: BTreeSet<Place>,
    /// Matches that an earlier one takes all of, with it and its split.
    taken: BTreeMap<Place, (Arc<HttpMatch>, Rule)>,
    /// The splits by key, as they stand in a rule.
    rules: BTreeMap<ObjectKey, Rule>,
    /// Pairs of splits that share a part of their requests, as they were told.
    pairs: BTreeMap<(ObjectKey, ObjectKey), Diagnostic>,
}

/// Asks for each root, since splits of two roots never meet.
pub(super) fn tell(linter: &mut Linter<'_>) {
    for root in linter.model.roots() {
        let routes = linter.view.routes(root);
        let mut found = Found::default();
        // Ports of one root mostly have the same rules.
        let mut seen: BTreeSet<Vec<&ObjectKey>> = BTreeSet::new();
        for port in &routes.ports {
            if seen.insert(conditional(port).map(|rule| &rule.split.key).collect()) {
                look(port, &mut found, linter);
            }
        }
        tell_found(found, linter);
    }
    // What was not compared is not told: a route goes where it goes, unlike a rule that is believed to protect.
    linter.covers.gave_up();
}

fn conditional(port: &PortRoutes) -> impl Iterator<Item = &Rule> {
    port.rules.iter().filter(|rule| !rule.matches.is_empty())
}

fn look(port: &PortRoutes, found: &mut Found, linter: &mut Linter<'_>) {
    let rules: Vec<&Rule> = conditional(port).collect();
    for (at, later) in rules.iter().enumerate() {
        found.rules.entry(later.split.key.clone()).or_insert_with(|| (*later).clone());
        for (number, one) in later.matches.iter().enumerate() {
            let place = (later.split.key.clone(), number);
            let mut earlier = rules[..at].iter().flat_map(|rule| rule.matches.iter().map(move |wide| (wide, rule)));
            match earlier.find(|(wide, _)| linter.covers.covers(wide, one)) {
                Some((wide, rule)) => {
                    found.taken.entry(place).or_insert_with(|| (wide.clone(), (*rule).clone()));
                }
                None => {
                    overlaps(one, later, &rules[..at], found, linter);
                    found.reached.insert(place);
                }
            }
        }
    }
}

/// Earlier splits that take a part of what a match takes, and send it elsewhere. An earlier match that is the narrower
/// one is as everybody would have it.
fn overlaps(one: &HttpMatch, later: &Rule, earlier: &[&Rule], found: &mut Found, linter: &mut Linter<'_>) {
    let elsewhere = |rule: &&&Rule| !goes_to_the_same(rule, later);
    for rule in earlier.iter().filter(elsewhere) {
        let pair = (rule.split.key.clone(), later.split.key.clone());
        if found.pairs.contains_key(&pair) {
            continue;
        }
        let shared = rule.matches.iter().find_map(|other| {
            let example = linter.covers.common(other, one)?;
            (!linter.covers.covers(one, other)).then_some((other, example))
        });
        if let Some((other, example)) = shared {
            let message = format!("{} takes a part of these requests first, such as {example}: nobody wrote that order", pair.0);
            let diagnostic = Diagnostic::at_origin(Code::MG0208, one.origin.clone(), message)
                .also_at(other.origin.clone(), "this match comes first")
                .help("the older split comes first, else the first by name: make their matches disjoint, or one within the other");
            found.pairs.insert(pair, diagnostic);
        }
    }
}

fn goes_to_the_same(one: &Rule, other: &Rule) -> bool {
    let shares = |rule: &Rule| rule.destinations.iter().map(|to| (to.service.clone(), to.weight)).collect::<BTreeSet<_>>();
    shares(one) == shares(other)
}

/// Once for a split that nothing reaches, else for each match.
fn tell_found(found: Found, linter: &mut Linter<'_>) {
    for (key, rule) in &found.rules {
        let of = |number: usize| (key.clone(), number);
        let mut lost = (0..rule.matches.len()).filter(|number| !found.reached.contains(&of(*number))).peekable();
        let all = lost.clone().count() == rule.matches.len();
        if all && let Some((wide, winner)) = lost.peek().and_then(|first| found.taken.get(&of(*first))) {
            let message = format!("no request reaches this split: {} takes all that it matches first", winner.split.key);
            let origin = rule.split.matches.first().map_or(&rule.split.root_origin, |(_, origin)| origin);
            linter.say(key, unreachable(Diagnostic::at_origin(Code::MG0207, origin.clone(), message), wide));
            continue;
        }
        for number in lost {
            let (Some((wide, winner)), one) = (found.taken.get(&of(number)), &rule.matches[number]) else { continue };
            let message = format!("no request reaches match `{}` for {key}: {} takes all of it first", one.name, winner.split.key);
            linter.say(key, unreachable(Diagnostic::at_origin(Code::MG0207, one.origin.clone(), message), wide));
        }
    }
    for ((_, later), diagnostic) in found.pairs {
        linter.say(&later, diagnostic);
    }
}

fn unreachable(diagnostic: Diagnostic, wide: &HttpMatch) -> Diagnostic {
    let diagnostic = diagnostic.also_at(wide.origin.clone(), "this match takes them");
    diagnostic.help("remove it, or narrow the earlier one; the older split comes first, else the first by name")
}
