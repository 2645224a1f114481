//! What came of tests: on the policy itself, and on each mesh.

use meshglot_translator::answer::{Answer, DiagnosticAnswer, Location};
use meshglot_translator::diagnostic::Place;
use meshglot_translator::parse::Origin;
use schemars::JsonSchema;
use serde::Serialize;

use super::suite::{Suite, Test};

/// The policy itself, among the meshes on which a test holds.
pub(super) const POLICY: &str = "policy";

/// What `test -o json` says.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TestResults {
    /// How many tests hold everywhere.
    pub(super) passed: usize,
    /// How many do not.
    pub(super) failed: usize,
    /// In the order of files and of the tests in them.
    pub(super) tests: Vec<TestResult>,
    /// Mistakes in the tests and in the policy.
    pub(super) diagnostics: Vec<DiagnosticAnswer>,
}

impl Answer for TestResults {
    const KIND: &'static str = "TestResults";
}

/// What came of one test.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TestResult {
    /// The PolicyTest that it belongs to.
    pub(super) suite: String,
    /// Its name, or what it says.
    pub(super) name: String,
    /// What it says.
    pub(super) assertion: String,
    /// Whether it holds everywhere.
    pub(super) passed: bool,
    /// On the policy, then on each mesh.
    pub(super) results: Vec<Held>,
    /// Where it is written.
    #[serde(flatten)]
    pub(super) at: Location,
}

/// Whether a test holds in one place.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Held {
    /// `policy`, or the mesh.
    pub(super) on: &'static str,
    /// Whether it holds.
    pub(super) passed: bool,
    /// What was expected, what happened, and why. Absent where it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<Failed>,
}

/// Why a test does not hold.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Failed {
    /// What the test says.
    pub(super) expected: String,
    /// What happens.
    pub(super) got: String,
    /// By which rule, or by which none; nearest first. For people.
    pub(super) because: Vec<String>,
}

impl Held {
    pub(super) fn new(on: &'static str, failure: Option<Failed>) -> Self {
        Self { on, passed: failure.is_none(), failure }
    }
}

impl TestResult {
    /// Of a test and what came of it.
    pub(super) fn new(suite: &Suite, test: &Test, results: Vec<Held>) -> Self {
        Self {
            suite: suite.name.clone(),
            name: test.name.clone(),
            assertion: test.assertion.text(),
            passed: results.iter().all(|held| held.passed),
            results,
            at: location(&test.origin),
        }
    }
}

/// The line of a test; it is in no object of policy.
fn location(origin: &Origin) -> Location {
    Location::of(&Place::Value(origin.clone()))
}
