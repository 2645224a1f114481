//! `meshglot lint --list`: every code that it may say.

use meshglot_translator::answer::Codes;

use crate::Io;
use crate::args::{LintArgs, LintFormat};
use crate::exit::{Exit, Failure, Outcome};
use crate::explain::list::text;

pub(super) fn run(args: &LintArgs, io: &mut Io<'_>) -> Outcome {
    let codes = Codes::all();
    match args.output {
        LintFormat::Text | LintFormat::Table => write!(io.stdout, "{}", text(&codes.codes))?,
        LintFormat::Json => io.answer(&codes)?,
        LintFormat::Yaml => io.answer_yaml(&codes)?,
        LintFormat::Sarif | LintFormat::Junit | LintFormat::Github => {
            return Err(Failure::new(Exit::Usage, "--list is written as text, table, json or yaml"));
        }
    }
    Ok(Exit::Ok)
}
