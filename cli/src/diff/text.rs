//! `-o diff`: object by object, with what each mesh gets because of it.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use meshglot_translator::diff::{FieldChange, ObjectChange, Operation};
use meshglot_translator::render::{Loss, ObjectId};
use meshglot_translator::review::{Cause, MeshChanges, NeutralChange, NeutralOperation};

use super::words::{edit, neutral_sign, object, sign};
use super::{Shown, calls};
use crate::Io;
use crate::args::Level;
use crate::render::count;

/// More objects than this are counted, not told, unless everything is asked for.
const OBJECTS: usize = 200;

/// More fields of one rendered object than this are counted.
const FIELDS: usize = 6;

pub(super) fn write(shown: &Shown<'_>, io: &mut Io<'_>) -> std::io::Result<()> {
    for line in Page::new(shown, io.arrow()).written() {
        let style = if io.colour_out { style(&line) } else { Style::new() };
        writeln!(io.stdout, "{style}{line}{style:#}")?;
    }
    Ok(())
}

/// The colour of a line, by its sign. What it means stands there without it too.
fn style(line: &str) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    // Rendered objects stand behind the name of their mesh.
    let sign = |word: &str| matches!(word, "+" | "-" | "~" | "!");
    match line.split_whitespace().take(2).find(|word| sign(word)) {
        _ if line.starts_with("---") || line.starts_with("+++") => Style::new().bold(),
        Some("+") => colour(AnsiColor::Green),
        Some("-") => colour(AnsiColor::Red),
        Some("~") => colour(AnsiColor::Yellow),
        Some(_) => colour(AnsiColor::Magenta).bold(),
        None => Style::new(),
    }
}

/// The page as lines.
pub(super) struct Page<'p> {
    shown: &'p Shown<'p>,
    arrow: &'static str,
    lines: Vec<String>,
}

impl<'p> Page<'p> {
    pub(super) fn new(shown: &'p Shown<'p>, arrow: &'static str) -> Self {
        Self { shown, arrow, lines: Vec::new() }
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.lines
    }

    fn written(mut self) -> Vec<String> {
        let shown = self.shown;
        if !shown.differs() {
            return vec![format!("no difference between {} and {}", shown.from, shown.to)];
        }
        self.lines.extend([format!("--- {}", shown.from), format!("+++ {}", shown.to)]);
        let level = shown.args.level;
        let comparison = &shown.comparison;
        if self.is_too_much() {
            self.counted();
        } else {
            for change in &comparison.changes {
                self.change(change);
            }
            if level.has(Level::Rendered) {
                self.surroundings();
            }
        }
        let calls = calls::lines(shown, self.arrow, !shown.args.all);
        if !calls.is_empty() {
            self.lines.push("calls".to_owned());
            self.lines.extend(calls);
        }
        self.losses();
        self.lines.push(closing(shown));
        self.lines
    }

    fn is_too_much(&self) -> bool {
        let comparison = &self.shown.comparison;
        let objects = comparison.changes.len() + comparison.meshes.iter().map(|mesh| mesh.rendered.len()).sum::<usize>();
        objects > OBJECTS && !self.shown.args.all
    }

    /// One neutral object, its fields, and what each mesh gets because of it.
    fn change(&mut self, change: &NeutralChange) {
        let level = self.shown.args.level;
        let cause = Cause::Object(change.object.clone());
        let meshes: Vec<(&'static str, &Vec<ObjectChange<ObjectId>>)> = self
            .shown
            .comparison
            .meshes
            .iter()
            .filter(|_| level.has(Level::Rendered))
            .filter_map(|mesh| Some((mesh.backend, mesh.rendered.changes.get(&cause)?)))
            .collect();
        if !level.has(Level::Intent) && meshes.is_empty() {
            return;
        }
        let at = change.at.as_ref().map(|at| format!("   {}", at.location())).unwrap_or_default();
        let renamed = match &change.operation {
            NeutralOperation::Rename { from } => format!(" renamed from {from}"),
            NeutralOperation::Add | NeutralOperation::Remove | NeutralOperation::Update(_) => String::new(),
        };
        self.lines.push(format!("{} {}{renamed}{at}", neutral_sign(change), change.object));
        if level.has(Level::Intent)
            && let NeutralOperation::Update(fields) = &change.operation
        {
            self.fields("    ", fields.iter().map(|field| &field.change), usize::MAX);
        }
        for (backend, changes) in meshes {
            self.objects(backend, changes);
        }
    }

    /// Rendered objects that changed though nothing did that they are made from.
    fn surroundings(&mut self) {
        let without_cause = |mesh: &MeshChanges| Some((mesh.backend, mesh.rendered.changes.get(&Cause::Surroundings)?.clone()));
        let rest: Vec<(&'static str, Vec<ObjectChange<ObjectId>>)> =
            self.shown.comparison.meshes.iter().filter_map(without_cause).collect();
        if rest.is_empty() {
            return;
        }
        self.lines.push("~ by what stands around it: inventory, Mesh, other policy".to_owned());
        for (backend, changes) in &rest {
            self.objects(backend, changes);
        }
    }

    fn objects(&mut self, backend: &str, changes: &[ObjectChange<ObjectId>]) {
        for change in changes {
            self.object(&format!("    {backend:<8} "), change);
        }
    }

    /// Rendered objects of one mesh, without its name.
    pub(super) fn bare_objects(&mut self, changes: &[&ObjectChange<ObjectId>]) {
        for change in changes {
            self.object("", change);
        }
    }

    fn object(&mut self, indent: &str, change: &ObjectChange<ObjectId>) {
        self.lines.push(format!("{indent}{} {}", sign(&change.operation), object(change)));
        if let Operation::Update(fields) = &change.operation {
            let most = if self.shown.args.all { usize::MAX } else { FIELDS };
            let indent = if indent.is_empty() { "" } else { "               " };
            self.fields(indent, fields.iter(), most);
        }
    }

    fn fields<'f>(&mut self, indent: &str, fields: impl ExactSizeIterator<Item = &'f FieldChange>, most: usize) {
        let total = fields.len();
        let rows: Vec<(char, String, String)> = fields
            .take(most)
            .map(|field| {
                let (sign, text) = edit(field, self.arrow, self.shown.args.all);
                (sign, field.path.to_string(), text)
            })
            .collect();
        let width = rows.iter().map(|(_, path, _)| path.chars().count()).max().unwrap_or_default();
        for (sign, path, text) in rows {
            self.lines.push(format!("{indent}{sign} {path:<width$}   {text}"));
        }
        if total > most {
            self.lines.push(format!("{indent}  and {}, --all shows them", count(total - most, "more field")));
        }
    }

    fn losses(&mut self) {
        if self.shown.args.level == Level::Intent {
            return;
        }
        self.lines.extend(withheld(self.shown));
        for mesh in &self.shown.comparison.meshes {
            let line = |sign: char, loss: &Loss| {
                let accepted = if loss.accepted { ", accepted" } else { "" };
                format!("! {sign}{} on {}   {}: {} ({}{accepted})", loss.code, loss.backend, loss.object, loss.message, loss.verdict)
            };
            self.lines.extend(mesh.losses.added.iter().map(|loss| line('+', loss)));
            self.lines.extend(mesh.losses.removed.iter().map(|loss| line('-', loss)));
        }
    }

    /// How many objects of each kind differ, where they are too many to tell.
    fn counted(&mut self) {
        let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
        let column = |sign: char| match sign {
            '+' => 0,
            '-' => 1,
            _ => 2,
        };
        let comparison = &self.shown.comparison;
        for change in &comparison.changes {
            counts.entry(change.object.kind.name().to_owned()).or_default()[column(neutral_sign(change))] += 1;
        }
        for mesh in &comparison.meshes {
            for change in mesh.rendered.changes.values().flatten() {
                counts.entry(format!("{} {}", mesh.backend, change.id.kind)).or_default()[column(sign(&change.operation))] += 1;
            }
        }
        for (kind, [new, gone, other]) in counts {
            self.lines.push(format!("{kind:<40} +{new} -{gone} ~{other}"));
        }
        self.lines.push("too much for one page: --all shows everything".to_owned());
    }
}

/// Meshes that cannot be compared.
pub(super) fn withheld(shown: &Shown<'_>) -> Vec<String> {
    let [before, after] = &shown.withheld;
    let line = |backend: &str, codes: &[&str], when: &str| {
        format!("! {backend} {when}: what would be written would allow more than the policy says ({})", codes.join(", "))
    };
    let now = after.iter().map(|(backend, codes)| line(backend, codes, "keeps what it has"));
    let then = before.iter().filter(|(backend, _)| !after.contains_key(*backend));
    now.chain(then.map(|(backend, codes)| line(backend, codes, "got nothing before"))).collect()
}

/// The last line: how much of everything.
pub(super) fn closing(shown: &Shown<'_>) -> String {
    let comparison = &shown.comparison;
    let level = shown.args.level;
    let meshes = || comparison.meshes.iter();
    let mut parts = Vec::new();
    if level.has(Level::Intent) {
        parts.push(count(comparison.changes.len(), "neutral change"));
    }
    if level.has(Level::Rendered) {
        parts.push(count(meshes().map(|mesh| mesh.rendered.len()).sum(), "rendered change"));
    }
    if let Some(effect) = &comparison.effect {
        parts.push(format!("{} in {}", count(effect.access.len(), "access change"), count(effect.compared, "pair")));
        parts.push(count(effect.shares.len(), "moved share"));
    }
    if level.has(Level::Effect) {
        let sum = |of: fn(&MeshChanges) -> usize| meshes().map(of).sum::<usize>();
        let (new, gone) = (sum(|mesh| mesh.losses.added.len()), sum(|mesh| mesh.losses.removed.len()));
        parts.push(if new == 1 { "1 new loss".to_owned() } else { format!("{new} new losses") });
        if gone > 0 {
            parts.push(format!("{gone} gone"));
        }
    }
    let ignored: usize = meshes().flat_map(|mesh| mesh.rendered.ignored.values()).sum();
    if ignored > 0 {
        parts.push(format!("{ignored} ignored"));
    }
    parts.join(", ")
}
