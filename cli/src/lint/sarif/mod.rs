//! `-o sarif`: findings for code scanning.
//!
//! Source: SARIF 2.1.0, OASIS Standard; what GitHub needs of it is in "SARIF support for code scanning".

mod log;

use std::collections::BTreeSet;

use meshglot_translator::diagnostic::{Code, CodeInfo, Place, Severity};
use meshglot_translator::lint::{Because, Finding, Findings, Found};

use super::file::uri;
use super::line::plain;
use crate::Io;
use crate::exit::{Exit, Failure};
use log::{
    Artifact, Configuration, Driver, Help, Invocation, Location, Log, LogicalLocation, Physical, Region, Related, Rule, Run, SarifResult,
    Suppression, Text, Tool,
};

/// Writes the log of one run. Rules are those that are said, so that a log without findings is small.
pub(super) fn write(findings: &Findings, io: &mut Io<'_>) -> Result<(), Failure> {
    let codes: BTreeSet<Code> = findings.all.iter().map(|found| found.finding.code()).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let results = findings.all.iter().map(|found| result(found, findings, &codes)).collect();
    let driver = Driver {
        name: "meshglot",
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: "https://meshglot.dev",
        rules: codes.iter().map(|code| rule(code.info())).collect(),
    };
    let run =
        Run { tool: Tool { driver }, invocations: [Invocation { execution_successful: true }], column_kind: "unicodeCodePoints", results };
    let text = serde_json::to_string_pretty(&Log { schema: log::SCHEMA, version: "2.1.0", runs: [run] });
    let text = text.map_err(|error| Failure::new(Exit::Internal, format!("findings cannot be written as JSON: {error}")))?;
    writeln!(io.stdout, "{text}")?;
    Ok(())
}

fn rule(info: &'static CodeInfo) -> Rule {
    let help = format!("{}\n\nWhat you can do: {}", info.why, info.fix);
    let name = info.name;
    Rule {
        id: name,
        short_description: Text::new(&info.backend.map_or_else(|| info.title.to_owned(), |backend| format!("{backend}: {}", info.title))),
        full_description: Text::new(info.why),
        help: Help { text: help.clone(), markdown: format!("**{name}: {}**\n\n{help}\n\n`meshglot explain {name}`", info.title) },
        // A loss has the level of its verdict; a warning is what most of them are.
        default_configuration: Configuration { level: level(info.level.unwrap_or(Severity::Warning)) },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(found: &Found, findings: &Findings, codes: &[Code]) -> SarifResult {
    let finding = &found.finding;
    let named = finding.object().map(|key| LogicalLocation { fully_qualified_name: key.to_string(), kind: "object" });
    let related = finding.also().iter().enumerate();
    SarifResult {
        rule_id: finding.code().info().name,
        rule_index: codes.binary_search(&finding.code()).unwrap_or_default(),
        level: level(finding.severity()),
        message: Text::new(&message(finding)),
        locations: finding
            .place()
            .map(|place| Location { physical_location: physical(&place), logical_locations: named.into_iter().collect() })
            .into_iter()
            .collect(),
        related_locations: related
            .map(|(id, (place, label))| Related { id, physical_location: physical(place), message: Text::new(&plain(label)) })
            .collect(),
        suppressions: suppression(found, findings).into_iter().collect(),
    }
}

/// With the way out: viewers show the rule's help elsewhere, if at all.
fn message(finding: &Finding) -> String {
    format!("{}\nhelp: {}", plain(&finding.message()), plain(finding.help()))
}

fn suppression(found: &Found, findings: &Findings) -> Option<Suppression> {
    let (kind, justification) = match &found.ignored {
        Some(because @ Because::Word(_)) => ("external", format!("--suppress {}", findings.ignores.tell(because))),
        Some(because @ Because::Annotation(_)) => ("inSource", findings.ignores.tell(because)),
        None if found.finding.is_accepted() => ("external", "accepted by the Mesh or on the command line".to_owned()),
        None => return None,
    };
    Some(Suppression { kind, status: "accepted", justification })
}

fn physical(place: &Place) -> Physical {
    let (span, source) = (place.span(), place.source());
    let (start, end) = (source.position(span.start), source.position(span.end));
    Physical {
        artifact_location: Artifact { uri: uri(source.name()) },
        region: Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column },
    }
}
