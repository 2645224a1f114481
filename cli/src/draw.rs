//! Diagnostics and losses as text: code, place, excerpt, help. The words come from the translator.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use meshglot_translator::diagnostic::{Diagnostic, Place, Severity};
use meshglot_translator::parse::{Source, Span};
use meshglot_translator::render::Loss;

use crate::Io;

/// Draws on stderr.
pub(crate) fn diagnostic(diagnostic: &Diagnostic, io: &mut Io<'_>) -> std::io::Result<()> {
    writeln!(io.stderr, "{}", diagnostic_text(diagnostic, io.colour))
}

/// Draws on stderr.
pub(crate) fn loss(loss: &Loss, io: &mut Io<'_>) -> std::io::Result<()> {
    writeln!(io.stderr, "{}", loss_text(loss, io.colour))
}

/// A diagnostic with excerpts.
pub(crate) fn diagnostic_text(diagnostic: &Diagnostic, colour: bool) -> String {
    let title = level(diagnostic.severity).primary_title(diagnostic.message.as_str()).id(diagnostic.code.info().name);
    let mut group = Group::with_title(title);
    if let Some(place) = &diagnostic.place {
        group = group.element(excerpt(place.source(), place.span(), AnnotationKind::Primary, None));
    }
    for (place, label) in &diagnostic.also {
        group = group.element(excerpt(place.source(), place.span(), AnnotationKind::Context, Some(label)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    text(group, colour)
}

/// A loss with an excerpt.
pub(crate) fn loss_text(loss: &Loss, colour: bool) -> String {
    let severity = if loss.accepted { Severity::Info } else { loss.verdict.into() };
    let title = format!("{}: {}", loss.backend, loss.message);
    let place = Place::Value(loss.origin.clone());
    let accepted = if loss.accepted { ", accepted" } else { "" };
    let holder = loss.origin.object();
    let by = if holder == loss.object.to_string() { String::new() } else { format!(", used by {}", loss.object) };
    let verdict = format!("{}{accepted}, in {holder} {}{by}", loss.verdict, loss.origin.path());
    let help = loss.help.as_deref().unwrap_or(loss.code.info().fix);
    let group = Group::with_title(level(severity).primary_title(title).id(loss.code.info().name))
        .element(excerpt(place.source(), place.span(), AnnotationKind::Primary, None))
        .element(Level::NOTE.with_name(Some("verdict")).message(verdict))
        .element(Level::HELP.message(help.to_owned()));
    text(group, colour)
}

fn text(group: Group<'_>, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).render(&[group]) + "\n"
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    }
}

/// The first line of what is meant; a whole mapping would hide the message.
fn excerpt<'a>(
    source: &'a Source,
    span: Span,
    kind: AnnotationKind,
    label: Option<&'a str>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    /// Longer lines are cut after what is meant.
    const LONGEST: usize = 2000;
    let text = source.text();
    let (start, end) = (span.start as usize, (span.end as usize).min(text.len()));
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let (from, to) = if line_end - line_start > LONGEST {
        (start, boundary(text, end.min(line_end).min(start + LONGEST)))
    } else {
        (line_start, line_end)
    };
    let line = text[from..to].trim_end_matches('\r');
    let first = start - from;
    let last = (end.min(to) - from).clamp(first, line.len().max(first));
    let annotation = kind.span(first..last.max(first)).label(label);
    Snippet::source(line).path(source.name()).line_start(source.position(span.start).line as usize).annotation(annotation)
}

/// The last character boundary at or before a byte.
fn boundary(text: &str, byte: usize) -> usize {
    (0..=byte).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}
