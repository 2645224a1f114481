//! The plan for people, and for machines.

use std::collections::BTreeMap;

use super::planned::ClusterSwitch;
use crate::Io;
use crate::args::SwitchArgs;
use crate::check::Level;
use crate::exit::Failure;
use crate::lint::line::plain;
use crate::render::count;

/// More changes of access than this are counted.
const MOST: usize = 20;

pub(super) fn show(planned: &ClusterSwitch, args: &SwitchArgs, io: &mut Io<'_>) -> Result<(), Failure> {
    if args.output == "json" {
        io.answer(planned)?;
    } else {
        for line in text(planned, io) {
            writeln!(io.stdout, "{}", plain(&line))?;
        }
    }
    // Whoever waits, or is asked, has seen it.
    io.stdout.flush()?;
    Ok(())
}

fn text(planned: &ClusterSwitch, io: &Io<'_>) -> Vec<String> {
    let arrow = io.arrow();
    let mut lines: Vec<String> = planned.under_way.iter().map(|one| format!("Under way  {one}")).collect();
    if planned.meshes.is_empty() {
        lines.push(format!("Nothing to change: all that was asked for is on {} already", planned.to));
        return lines;
    }
    lines.push(format!("Plan  {} {arrow} {}   namespaces: {}", planned.from.join(", "), planned.to, listed(&planned.namespaces)));
    lines.extend(planned.meshes.iter().map(|mesh| format!("  {mesh}")));
    for check in &planned.preconditions {
        let mark = if check.level == Level::Warning { "!" } else { io.mark(check.level == Level::Ok) };
        let hint = check.hint.as_ref().filter(|_| check.level != Level::Ok).map(|hint| format!(" ({hint})")).unwrap_or_default();
        lines.push(format!("  {mark} {}{hint}", check.message));
    }
    let rows = [
        ("create", &planned.create),
        ("keep until cut-over", &planned.keep_until_cut_over),
        ("not touched, not ours", &planned.not_touched),
    ];
    // Of files nobody knows what is there already.
    let known = if planned.cluster.is_some() { rows.len() } else { 1 };
    lines.extend(rows.into_iter().take(known).map(|(what, paths)| format!("  {what} {}{}", paths.len(), kinds(paths))));
    if !planned.withheld.is_empty() {
        lines.push(format!("  nothing would be written: it would allow more than the policy says ({})", planned.withheld.join(", ")));
    }
    for (sign, losses) in [('+', &planned.losses_added), ('-', &planned.losses_removed)] {
        lines.extend(losses.iter().map(|loss| format!("  {sign} loss {} {} {}: {}", loss.backend, loss.code, loss.object, loss.message)));
    }
    let effect = &planned.shown.effect;
    let changes = crate::diff::lines(effect, arrow, MOST);
    let found = if changes.is_empty() { "nobody may do what they could not, or may not what they could" } else { "of these change:" };
    lines.push(format!("  access {} compared: {found}", count(effect.compared, "pair")));
    lines.extend(changes.into_iter().map(|line| format!("    {line}")));
    for one in &planned.restarts {
        lines.push(format!("  restart {}: {} in {}", one.workload, count(one.pods, "pod"), one.mesh));
    }
    lines
}

/// A few names, and how many more.
fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
    match names.len() - shown.len() {
        0 if shown.is_empty() => "none".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `   HTTPRoute 3, Server 2`.
fn kinds(paths: &[String]) -> String {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for path in paths {
        *counted.entry(path.split(['.', '/']).next().unwrap_or_default()).or_default() += 1;
    }
    let words: Vec<String> = counted.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    if words.is_empty() { String::new() } else { format!("   {}", words.join(", ")) }
}
