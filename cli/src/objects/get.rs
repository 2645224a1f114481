//! `meshglot get`.

use meshglot_translator::render::write::yaml;
use serde_json::Value;

use super::jsonpath::Template;
use super::select::{Found, Selected, name_of};
use super::{ask, list, need, table};
use crate::Io;
use crate::args::GetArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::unwritable;

pub(crate) fn run(args: &GetArgs, io: &mut Io<'_>) -> Outcome {
    let selected = Selected::of(&args.selected.words, args.selected.namespace.as_deref())?;
    let format = Format::of(&args.output)?;
    let objects = ask(&args.from, &args.cluster, &selected, io)?;
    let (found, missing) = selected.find(&objects)?;
    let items: Vec<&Value> = found.iter().map(|one| one.object).collect();
    let whole = || match &items[..] {
        [one] if selected.names_one() => (*one).clone(),
        _ => list(&objects, &items),
    };
    match &format {
        Format::Json => writeln!(io.stdout, "{:#}", whole())?,
        Format::Yaml => write!(io.stdout, "{}", yaml(&whole()).map_err(unwritable)?)?,
        Format::Name => found.iter().try_for_each(|one| writeln!(io.stdout, "{}", one.resource.named(name_of(one.object))))?,
        Format::Path(template) => {
            let filled = template.fill(&whole()).map_err(|why| Failure::new(Exit::Usage, format!("-o jsonpath: {why}")))?;
            write!(io.stdout, "{filled}")?;
            if !filled.ends_with('\n') {
                writeln!(io.stdout)?;
            }
        }
        Format::Table { wide } => show(&found, &objects.at, *wide, io)?,
    }
    if found.is_empty() && !selected.names_some() && !io.quiet {
        writeln!(io.stderr, "note: nothing found")?;
    }
    if !args.ignore_not_found {
        need(&missing)?;
    }
    Ok(Exit::Ok)
}

/// A table for each kind, since they have other columns.
fn show(found: &[Found<'_>], at: &str, wide: bool, io: &mut Io<'_>) -> Result<(), Failure> {
    let mut groups: Vec<Vec<Found<'_>>> = Vec::new();
    for one in found {
        match groups.iter_mut().find(|group| group[0].resource == one.resource) {
            Some(group) => group.push(*one),
            None => groups.push(vec![*one]),
        }
    }
    let several = groups.len() > 1;
    for (number, group) in groups.iter().enumerate() {
        if number > 0 {
            writeln!(io.stdout)?;
        }
        io.columns(&table::rows(group, at, wide, several)?)?;
    }
    Ok(())
}

enum Format {
    Table { wide: bool },
    Name,
    Yaml,
    Json,
    Path(Template),
}

impl Format {
    fn of(word: &str) -> Result<Self, Failure> {
        if let Some(template) = word.strip_prefix("jsonpath=") {
            let wrong = |why| Failure::new(Exit::Usage, format!("-o jsonpath: {why}"));
            return Template::parse(template).map(Self::Path).map_err(wrong);
        }
        match word {
            "table" => Ok(Self::Table { wide: false }),
            "wide" => Ok(Self::Table { wide: true }),
            "name" => Ok(Self::Name),
            "yaml" => Ok(Self::Yaml),
            "json" => Ok(Self::Json),
            other => {
                let failure = Failure::new(Exit::Usage, format!("-o {other}: it takes table, wide, name, yaml, json or jsonpath=TEMPLATE"));
                Err(failure.did_you_mean(other, ["table", "wide", "name", "yaml", "json", "jsonpath="]))
            }
        }
    }
}
