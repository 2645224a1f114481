//! `-o junit`: a test suite for each file, a test case for each object in it, failed by what `--fail-on` fails on.

use std::collections::BTreeMap;

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::lint::{Finding, Findings};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{fails, line};
use crate::Io;
use crate::args::FailOn;
use crate::exit::{Exit, Failure};
use crate::plan::Plan;

/// Findings by file, then by object; those about no object are the file's own.
type Cases<'f> = BTreeMap<String, BTreeMap<Option<ObjectKey>, Vec<&'f Finding>>>;

/// Objects without a finding are cases that passed, so that a report shows what was looked at.
pub(super) fn write(plan: &Plan, findings: &Findings, on: FailOn, io: &mut Io<'_>) -> Result<(), Failure> {
    let mut cases = Cases::new();
    let file = |key: &ObjectKey| plan.model.document(key).map(|document| document.source().name().to_owned());
    for key in plan.model.keys().filter(|key| key.kind.is_neutral()) {
        cases.entry(file(key).unwrap_or_default()).or_default().entry(Some(key.clone())).or_default();
    }
    for finding in findings.counting() {
        let object = finding.object();
        let place = || finding.place().map(|place| place.source().name().to_owned());
        let file = object.and_then(file).or_else(place).unwrap_or_default();
        cases.entry(file).or_default().entry(object.cloned()).or_default().push(finding);
    }
    let mut report = Report::new("meshglot lint");
    for (file, objects) in &cases {
        let mut suite = TestSuite::new(file.as_str());
        for (object, findings) in objects {
            let name = object.as_ref().map_or_else(|| file.clone(), ToString::to_string);
            let mut case = TestCase::new(name, status(findings, on));
            case.set_classname(file.as_str());
            let others = text(findings.iter().copied().filter(|finding| !fails(finding, on)));
            if !others.is_empty() {
                case.set_system_out(others);
            }
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    let text = report.to_string().map_err(|error| Failure::new(Exit::Internal, format!("findings cannot be written as XML: {error}")))?;
    writeln!(io.stdout, "{}", text.trim_end())?;
    Ok(())
}

fn status(findings: &[&Finding], on: FailOn) -> TestCaseStatus {
    let failing = || findings.iter().copied().filter(|finding| fails(finding, on));
    let Some(worst) = failing().min_by_key(|finding| finding.severity()) else { return TestCaseStatus::success() };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(worst.code().info().name).set_message(line::plain(&worst.message())).set_description(text(failing()));
    status
}

fn text<'f>(findings: impl Iterator<Item = &'f Finding>) -> String {
    let texts = findings.map(|finding| format!("{}\nhelp: {}", line::of(finding), line::plain(finding.help())));
    texts.collect::<Vec<_>>().join("\n")
}
