//! Results as JUnit XML: a suite per PolicyTest, a case per test and place.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::held::{Failed, Held, TestResult};
use crate::exit::{Exit, Failure};

/// The document.
pub(super) fn report(results: &[TestResult]) -> Result<String, Failure> {
    let mut report = Report::new("meshglot test");
    for same in results.chunk_by(|one, next| one.suite == next.suite && one.at.file == next.at.file) {
        let mut suite = TestSuite::new(same.first().map(|result| result.suite.clone()).unwrap_or_default());
        suite.add_test_cases(same.iter().flat_map(|result| result.results.iter().map(move |held| case(result, held))));
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| Failure::new(Exit::Internal, format!("the report cannot be written as XML: {error}")))
}

fn case(result: &TestResult, held: &Held) -> TestCase {
    let status = match &held.failure {
        None => TestCaseStatus::success(),
        Some(Failed { expected, got, because }) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(format!("expected {expected}, got {got}"));
            let place = format!("{}:{}", result.at.file, result.at.line);
            let lines = std::iter::once(&result.assertion).chain(because).chain(std::iter::once(&place));
            status.set_description(lines.map(String::as_str).collect::<Vec<_>>().join("\n"));
            status
        }
    };
    let mut case = TestCase::new(format!("{} [{}]", result.name, held.on), status);
    case.set_classname(result.suite.clone());
    case.extra.insert("file".into(), result.at.file.clone().into());
    case.extra.insert("line".into(), result.at.line.to_string().into());
    case
}
