//! `meshglot top`: the paths that are called most.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::time::Duration;

use meshglot_observed::{Call, Verdict};

use super::calls::{Came, follow};
use super::filter::Filter;
use super::number::{percent, percent_text};
use crate::Io;
use crate::args::TopArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::lint::line::plain;

/// How long it is looked where nobody sees it.
const UNSEEN: Duration = Duration::from_secs(10);

/// So many paths are told apart: whoever calls may choose them.
const ROWS: usize = 2000;

/// Clears the terminal, with the cursor at its top.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// What calls of one row have in common: who, whom, method and path.
type Key = [String; 4];

/// What is known of them. Times in milliseconds.
struct Row {
    count: u64,
    best: u64,
    worst: u64,
    last: u64,
    ok: u64,
}

pub(crate) fn run(args: &TopArgs, io: &mut Io<'_>) -> Outcome {
    let filter = Filter::of(&args.looked)?;
    let is_drawn = std::io::stdout().is_terminal() && args.looked.mesh.from.filename.is_none();
    let lasts = args.lasts.or((!is_drawn).then_some(UNSEEN));
    let mut rows = BTreeMap::new();
    let mut take = |came: Came, io: &mut Io<'_>| {
        match came {
            Came::Calls(calls) => calls.iter().filter(|call| filter.takes(call)).for_each(|call| add(&mut rows, call)),
            Came::Second if is_drawn => draw(&rows, io)?,
            Came::Second => {}
        }
        Ok(ControlFlow::Continue(()))
    };
    follow(&args.looked, lasts, io, &mut take)?;
    if is_drawn {
        draw(&rows, io)?;
    } else {
        io.columns(&table(&rows))?;
    }
    Ok(Exit::Ok)
}

fn add(rows: &mut BTreeMap<Key, Row>, call: &Call) {
    let path = call.path.as_deref().map_or("-", |path| path.split('?').next().unwrap_or(path));
    let method = call.method.as_deref().unwrap_or("TCP");
    let mut key = [call.source.name(), call.destination.name(), method.to_owned(), path.to_owned()].map(|text| plain(&text));
    if rows.len() >= ROWS && !rows.contains_key(&key) {
        key = ["-", "-", "-", "(others)"].map(str::to_owned);
    }
    let took = call.duration_ms;
    let row = rows.entry(key).or_insert(Row { count: 0, best: took, worst: took, last: took, ok: 0 });
    row.count += 1;
    row.best = row.best.min(took);
    row.worst = row.worst.max(took);
    row.last = took;
    row.ok += u64::from(call.verdict == Verdict::Allowed);
}

/// The most called first.
fn table(rows: &BTreeMap<Key, Row>) -> Vec<Vec<String>> {
    let mut sorted: Vec<(&Key, &Row)> = rows.iter().collect();
    sorted.sort_by_key(|(_, row)| std::cmp::Reverse(row.count));
    let head = ["FROM", "TO", "METHOD", "PATH", "COUNT", "BEST", "WORST", "LAST", "OK%"];
    let line = |(key, row): (&Key, &Row)| {
        let times = [row.best, row.worst, row.last].map(|millis| format!("{millis}ms"));
        let count = std::iter::once(row.count.to_string());
        key.iter().cloned().chain(count).chain(times).chain([percent_text(percent(row.ok, row.count))]).collect()
    };
    std::iter::once(head.map(str::to_owned).into()).chain(sorted.into_iter().map(line)).collect()
}

fn draw(rows: &BTreeMap<Key, Row>, io: &mut Io<'_>) -> Result<(), Failure> {
    let (width, height) = terminal_size::terminal_size().map_or((80, 24), |(width, height)| (width.0.into(), height.0.into()));
    let mut table = table(rows);
    // The last line is where the cursor stands.
    table.truncate(usize::max(height, 3) - 1);
    // Drawn at once, so that it does not flicker.
    let mut text = Vec::new();
    let mut inner = Io { stdout: &mut text, stdin: &mut std::io::empty(), stderr: &mut std::io::sink(), ..*io };
    inner.columns(&table)?;
    write!(io.stdout, "{CLEAR}")?;
    for line in String::from_utf8_lossy(&text).lines() {
        writeln!(io.stdout, "{}", line.chars().take(width).collect::<String>())?;
    }
    io.stdout.flush()?;
    Ok(())
}
