//! `meshglot tap`: a line for each call.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use meshglot_observed::Call;
use meshglot_translator::answer::document;

use super::calls::{Came, follow};
use super::filter::Filter;
use super::line::line;
use crate::Io;
use crate::args::TapArgs;
use crate::exit::{Exit, Failure, Outcome};

pub(crate) fn run(args: &TapArgs, io: &mut Io<'_>) -> Outcome {
    let filter = Filter::of_tap(args)?;
    let mut shown = Shown { args, left: args.count, second: Instant::now(), in_second: 0, limited: 0, lost: 0, last: None };
    let mut take = |came: Came, io: &mut Io<'_>| match came {
        Came::Second => shown.tell_missing(io).map(|()| ControlFlow::Continue(())),
        Came::Calls(calls) => {
            for call in calls {
                shown.see(call.id);
                if filter.takes(&call) && shown.show(&call, io)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            // A reader on a pipe sees them now.
            io.stdout.flush()?;
            Ok(ControlFlow::Continue(()))
        }
    };
    follow(&args.looked, args.lasts, io, &mut take)?;
    shown.tell_missing(io)?;
    io.stdout.flush()?;
    Ok(Exit::Ok)
}

/// What was shown, and what was not.
struct Shown<'a> {
    args: &'a TapArgs,
    /// How many more are wanted; `None`: all.
    left: Option<u64>,
    /// When the second began in which so many were shown.
    second: Instant,
    in_second: u64,
    /// Left out for being too many.
    limited: u64,
    /// Never came here.
    lost: u64,
    last: Option<u64>,
}

impl Shown<'_> {
    /// Ids grow by one: what is between two was lost.
    fn see(&mut self, id: u64) {
        // A file may hold calls of several meshes.
        let is_live = self.args.looked.mesh.from.filename.is_none();
        self.lost += self.last.filter(|_| is_live).map_or(0, |last| id.saturating_sub(last + 1));
        self.last = Some(id);
    }

    fn show(&mut self, call: &Call, io: &mut Io<'_>) -> Result<ControlFlow<()>, Failure> {
        if self.second.elapsed() >= Duration::from_secs(1) {
            (self.second, self.in_second) = (Instant::now(), 0);
        }
        if self.args.max_rps.is_some_and(|most| self.in_second >= most) {
            self.limited += 1;
            return Ok(ControlFlow::Continue(()));
        }
        self.in_second += 1;
        match self.args.output.as_str() {
            "json" => writeln!(io.stdout, "{}", document(call))?,
            output => {
                let line = line(call, output == "wide", io);
                writeln!(io.stdout, "{line}")?;
            }
        }
        self.left = self.left.map(|left| left - 1);
        Ok(if self.left == Some(0) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn tell_missing(&mut self, io: &mut Io<'_>) -> Result<(), Failure> {
        let (limited, lost) = (std::mem::take(&mut self.limited), std::mem::take(&mut self.lost));
        if limited > 0 && !io.quiet {
            writeln!(io.stderr, "note: {limited} calls left out, as --max-rps says")?;
        }
        if lost > 0 {
            writeln!(io.stderr, "warning: {lost} calls lost: they came faster than they were read")?;
        }
        io.stderr.flush()?;
        Ok(())
    }
}
