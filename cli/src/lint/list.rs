//! `meshglot lint --list`: every code that it may say.

use meshglot_translator::answer::Answer;
use meshglot_translator::diagnostic::CODES;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Io;
use crate::args::{LintArgs, LintFormat};
use crate::exit::{Exit, Failure, Outcome};

/// The codes, in order.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Codes {
    codes: Vec<Listed>,
}

/// One of them.
#[derive(Debug, Serialize, JsonSchema)]
struct Listed {
    /// Such as `MG0204`.
    code: &'static str,
    /// `error`, `warning` or `info`; absent for a loss, whose verdict decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<String>,
    /// The mesh whose loss it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    backend: Option<&'static str>,
    /// One line.
    title: &'static str,
}

impl Answer for Codes {
    const KIND: &'static str = "Codes";
}

pub(super) fn run(args: &LintArgs, io: &mut Io<'_>) -> Outcome {
    let codes = CODES.iter().map(|info| Listed {
        code: info.name,
        level: info.level.map(|level| level.to_string()),
        backend: info.backend,
        title: info.title,
    });
    let codes = Codes { codes: codes.collect() };
    match args.output {
        LintFormat::Text | LintFormat::Table => table(&codes, io)?,
        LintFormat::Json => io.answer(&codes)?,
        LintFormat::Yaml => io.answer_yaml(&codes)?,
        LintFormat::Sarif | LintFormat::Junit | LintFormat::Github => {
            return Err(Failure::new(Exit::Usage, "--list is written as text, table, json or yaml"));
        }
    }
    Ok(Exit::Ok)
}

fn table(codes: &Codes, io: &mut Io<'_>) -> std::io::Result<()> {
    writeln!(io.stdout, "{:<8}{:<18}TITLE", "CODE", "LEVEL")?;
    codes.codes.iter().try_for_each(|Listed { code, level, backend, title }| {
        let level = level.clone().unwrap_or_else(|| format!("loss on {}", backend.unwrap_or_default()));
        writeln!(io.stdout, "{code:<8}{level:<18}{title}")
    })
}
