//! `explain KIND.field`: what the schema says, what each mesh makes of it, and the codes that are about it.

use std::collections::BTreeSet;

use meshglot_crds::{Field, Kind, LookupError};
use meshglot_translator::answer::{Answer, CodeLine};
use meshglot_translator::diagnostic::{CODES, CodeInfo, nearest};
use schemars::JsonSchema;
use serde::Serialize;

use super::{feature, field_text};
use crate::Io;
use crate::exit::{Exit, Failure, Outcome};

/// A field of a neutral kind, or the kind itself.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldAnswer {
    /// The kind.
    pub(crate) of: &'static str,
    /// Its API group.
    pub(crate) group: &'static str,
    /// All served versions, the oldest first.
    pub(crate) versions: &'static [&'static str],
    /// Below the object; empty for the kind itself.
    pub(crate) path: String,
    /// Such as `string` or `[]Object`.
    #[serde(rename = "type")]
    pub(crate) type_: String,
    /// Whether it must be written.
    pub(crate) required: bool,
    /// What it means.
    pub(crate) text: String,
    /// What nothing written means.
    pub(crate) absent: Option<String>,
    /// Limits in words.
    pub(crate) limits: Vec<String>,
    /// Rules that hold for it; each begins with its code.
    pub(crate) rules: Vec<String>,
    /// The words that it takes, where they are a closed list.
    pub(crate) words: Vec<String>,
    /// The fields below it.
    pub(crate) fields: Vec<FieldLine>,
    /// What each mesh makes of it, by the features of `capabilities`.
    pub(crate) features: Vec<FeatureAnswer>,
    /// Codes that are about it.
    pub(crate) codes: Vec<CodeLine>,
    #[serde(skip)]
    pub(super) word_texts: Vec<Option<String>>,
}

/// A field below another.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FieldLine {
    /// As it is written.
    pub(crate) name: String,
    /// Such as `string` or `[]Object`.
    #[serde(rename = "type")]
    pub(crate) type_: String,
    /// Whether it must be written.
    pub(crate) required: bool,
    /// The fields below, with `--recursive`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) fields: Vec<FieldLine>,
}

/// A feature, and what the meshes say about it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FeatureAnswer {
    /// Such as `split.weight`.
    pub(crate) feature: &'static str,
    /// Meshes that say something about it.
    pub(crate) backends: Vec<FeatureVerdict>,
}

/// One mesh on one feature.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FeatureVerdict {
    /// The mesh.
    pub(crate) backend: &'static str,
    /// In the best case.
    pub(crate) verdict: &'static str,
    /// What becomes of it, and codes of what may be lost.
    pub(crate) note: &'static str,
}

impl Answer for FieldAnswer {
    const KIND: &'static str = "Field";
}

pub(super) fn run(topic: &str, recursive: bool, output: &str, io: &mut Io<'_>) -> Outcome {
    let (kind, field) = meshglot_crds::lookup(topic).map_err(unknown)?;
    let answer = answer(kind, field, recursive);
    match output {
        "json" => io.answer(&answer)?,
        "md" => write!(io.stdout, "{}", field_text::markdown(&answer))?,
        _ => write!(io.stdout, "{}", field_text::text(&answer))?,
    }
    Ok(Exit::Ok)
}

fn answer(kind: &'static Kind, field: Field, recursive: bool) -> FieldAnswer {
    let features: Vec<FeatureAnswer> = feature::of(kind.kind, &field.path).into_iter().map(feature_answer).collect();
    let codes = codes(kind, &field, &features);
    let fields = lines(kind, &field, recursive);
    let (words, word_texts) = field.words.into_iter().map(|word| (word.word, word.text)).unzip();
    let Field { path, name: _, type_, text, required, absent, words: _, limits, rules, children: _ } = Field { words: Vec::new(), ..field };
    let Kind { group, versions, kind, .. } = kind;
    FieldAnswer {
        of: kind,
        group,
        versions,
        path,
        type_,
        required,
        text,
        absent,
        limits,
        rules,
        words,
        fields,
        features,
        codes,
        word_texts,
    }
}

fn feature_answer(feature: &'static str) -> FeatureAnswer {
    let verdict = |(backend, capability): (_, meshglot_translator::render::Capability)| FeatureVerdict {
        backend,
        verdict: capability.verdict.word(),
        note: capability.note,
    };
    FeatureAnswer { feature, backends: feature::verdicts(feature).into_iter().map(verdict).collect() }
}

fn lines(kind: &'static Kind, field: &Field, recursive: bool) -> Vec<FieldLine> {
    let line = |child: &meshglot_crds::Child| {
        let path = if field.path.is_empty() { child.name.clone() } else { format!("{}.{}", field.path, child.name) };
        // A child that is listed is found.
        let below = recursive.then(|| kind.field(&path).ok()).flatten();
        FieldLine {
            name: child.name.clone(),
            type_: child.type_.clone(),
            required: child.required,
            fields: below.map(|below| lines(kind, &below, true)).unwrap_or_default(),
        }
    };
    field.children.iter().map(line).collect()
}

/// Codes that the field's own text names, that the notes of its features name, and whose page names the field.
fn codes(kind: &Kind, field: &Field, features: &[FeatureAnswer]) -> Vec<CodeLine> {
    let words = field.words.iter().filter_map(|word| word.text.as_ref());
    let own = [&field.text].into_iter().chain(&field.absent).chain(&field.rules).chain(words).map(String::as_str);
    let notes = features.iter().flat_map(|feature| &feature.backends).map(|verdict| verdict.note);
    let named: BTreeSet<&str> = own.chain(notes).flat_map(words_of).collect();
    let is_about = |info: &&CodeInfo| {
        let of_kind = info.kinds.contains(&kind.kind);
        named.contains(info.name) || (of_kind && !field.path.is_empty() && [info.why, info.fix].iter().any(|text| names(text, &field.name)))
    };
    CODES.iter().filter(is_about).map(CodeLine::from).collect()
}

/// Whether a text has the field between backquotes, alone or as the end of a path.
fn names(text: &str, field: &str) -> bool {
    let path = |quoted: &str| quoted.split([':', ' ']).next().and_then(|path| path.rsplit('.').next()) == Some(field);
    text.split('`').skip(1).step_by(2).any(path)
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

fn unknown(error: LookupError) -> Failure {
    let suggest = |failure: Failure, written: &str, words: Vec<String>| match nearest(written, words.iter().map(String::as_str)) {
        Some(word) => failure.help(format!("did you mean {word}?")),
        None => failure.help(format!("one of {}", words.join(", "))),
    };
    match error {
        LookupError::Kind { name } => {
            let kinds: Vec<String> = meshglot_crds::all().iter().map(|kind| kind.kind.to_owned()).collect();
            suggest(Failure::new(Exit::Invalid, format!("there is no kind or code `{name}`")), &name, kinds)
        }
        LookupError::Field { kind, parent, name, known } if known.is_empty() => {
            Failure::new(Exit::Invalid, format!("there is no field `{name}`: {kind}.{parent} has none below it"))
        }
        LookupError::Field { kind, parent, name, known } => {
            let place = if parent.is_empty() { kind.to_string() } else { format!("{kind} {parent}") };
            suggest(Failure::new(Exit::Invalid, format!("there is no field `{name}` in {place}")), &name, known)
        }
    }
}
