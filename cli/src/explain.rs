//! `meshglot explain`: a code, or a field of a neutral kind, offline.

use meshglot_crds::LookupError;
use meshglot_translator::diagnostic::{CODES, Code, CodeInfo, nearest};
use serde_json::json;

use crate::Io;
use crate::args::ExplainArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::json::API_VERSION;

pub(crate) fn run(args: &ExplainArgs, io: &mut Io<'_>) -> Outcome {
    let looks_like_code =
        args.topic.len() >= 2 && args.topic[..2].eq_ignore_ascii_case("mg") && args.topic[2..].bytes().all(|b| b.is_ascii_digit());
    if looks_like_code { code(args, io) } else { field(args, io) }
}

fn code(args: &ExplainArgs, io: &mut Io<'_>) -> Outcome {
    let Ok(code) = args.topic.parse::<Code>() else {
        let failure = Failure::new(Exit::Invalid, format!("there is no code {}", args.topic));
        let known = CODES.iter().map(|info| info.name);
        return Err(match nearest(&args.topic, known) {
            Some(word) => failure.help(format!("did you mean {word}?")),
            None => failure,
        });
    };
    let CodeInfo { code: _, name, title, level, backend, widens, beside: _, why, fix } = code.info();
    let level = level.map_or_else(|| "by verdict".to_owned(), |level| level.to_string());
    if args.output == "json" {
        let answer = json!({
            "apiVersion": API_VERSION, "kind": "Code", "code": name, "title": title, "level": level, "backend": backend, "widens": widens, "why": why, "fix": fix,
        });
        writeln!(io.stdout, "{answer:#}")?;
        return Ok(Exit::Ok);
    }
    let backend = backend.map(|backend| format!("{backend}: ")).unwrap_or_default();
    writeln!(io.stdout, "{name}  {backend}{title}      level: {level}\n")?;
    writeln!(io.stdout, "{}\n", wrapped(why, 96))?;
    writeln!(io.stdout, "What you can do\n{}", wrapped(fix, 96))?;
    if *widens {
        writeln!(io.stdout, "\nAccepting it allows more than was written: it needs --allow-widening {name}.")?;
    }
    Ok(Exit::Ok)
}

fn field(args: &ExplainArgs, io: &mut Io<'_>) -> Outcome {
    let (kind, field) = meshglot_crds::lookup(&args.topic).map_err(unknown)?;
    if args.output == "json" {
        let children: Vec<_> = field.children.iter().map(|c| json!({"name": c.name, "type": c.type_, "required": c.required})).collect();
        let answer = json!({
            "apiVersion": API_VERSION, "kind": "Field", "of": kind.kind, "versions": kind.versions, "group": kind.group, "path": field.path,
            "type": field.type_, "required": field.required, "text": field.text, "absent": field.absent, "limits": field.limits,
            "rules": field.rules, "words": field.words.iter().map(|w| &w.word).collect::<Vec<_>>(), "fields": children,
        });
        writeln!(io.stdout, "{answer:#}")?;
        return Ok(Exit::Ok);
    }
    let path = if field.path.is_empty() {
        String::new()
    } else {
        format!("   FIELD: {} <{}>{}", field.path, field.type_, if field.required { " required" } else { "" })
    };
    writeln!(io.stdout, "KIND: {}   GROUP: {}   VERSIONS: {}{path}\n", kind.kind, kind.group, kind.versions.join(", "))?;
    writeln!(io.stdout, "{}", wrapped(&field.text, 96))?;
    if let Some(absent) = &field.absent {
        writeln!(io.stdout, "{}", wrapped(&format!("Absent: {absent}"), 96))?;
    }
    for word in &field.words {
        let text = word.text.as_deref().map(|text| format!("  {text}")).unwrap_or_default();
        writeln!(io.stdout, "  {}{text}", word.word)?;
    }
    for limit in field.limits.iter().chain(&field.rules) {
        writeln!(io.stdout, "  {limit}")?;
    }
    if !field.children.is_empty() {
        writeln!(io.stdout, "\nFIELDS:")?;
        for child in &field.children {
            writeln!(io.stdout, "  {} <{}>{}", child.name, child.type_, if child.required { " required" } else { "" })?;
        }
    }
    Ok(Exit::Ok)
}

fn unknown(error: LookupError) -> Failure {
    let suggest = |failure: Failure, written: &str, words: Vec<String>| match nearest(written, words.iter().map(String::as_str)) {
        Some(word) => failure.help(format!("did you mean {word}?")),
        None => failure,
    };
    match error {
        LookupError::Kind { name } => {
            let kinds: Vec<String> = meshglot_crds::all().iter().map(|kind| kind.kind.to_owned()).collect();
            suggest(Failure::new(Exit::Invalid, format!("there is no kind or code `{name}`")), &name, kinds)
        }
        LookupError::Field { kind, parent, name, known } => {
            let place = if parent.is_empty() { kind.to_string() } else { format!("{kind} {parent}") };
            suggest(Failure::new(Exit::Invalid, format!("there is no field `{name}` in {place}")), &name, known)
        }
    }
}

/// Breaks lines at spaces.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.len() + 1 + word.len() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.join("\n")
}
