//! `meshglot explain`: a code, or a field of a neutral kind, offline.

mod code;
mod feature;
mod field;
mod field_text;
pub(crate) mod list;
mod text;
mod topics;

use crate::Io;
use crate::args::ExplainArgs;
use crate::exit::Outcome;

pub(crate) use field::FieldAnswer;
pub(crate) use topics::Topics;

pub(crate) fn run(args: &ExplainArgs, io: &mut Io<'_>) -> Outcome {
    match args.topic.as_deref() {
        Some(topic) if is_code(topic) => code::run(topic, &args.output, io),
        Some(topic) => field::run(topic, args.recursive, &args.output, io),
        None if args.list => list::run(&args.output, io),
        None => topics::run(&args.output, io),
    }
}

/// `MG` and digits, in any case: a kind is never called so.
fn is_code(topic: &str) -> bool {
    let letters = topic.get(..2).is_some_and(|letters| letters.eq_ignore_ascii_case("mg"));
    letters && topic[2..].bytes().all(|b| b.is_ascii_digit())
}
