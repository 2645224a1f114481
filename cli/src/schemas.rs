//! The JSON Schemas of every answer and of test files, as they are published under `docs/schemas/`.

use meshglot_translator::answer::{Answer, Can, Capabilities, Rendering, Verification, schema};
use schemars::Schema;

use crate::convert::ConversionAnswer;
use crate::policy_test::{TestResults, wire};
use crate::version::Version;

/// `KIND` and schema of every document that `-o json` may print.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        of::<Can>(),
        of::<Capabilities>(),
        of::<ConversionAnswer>(),
        of::<Rendering>(),
        of::<TestResults>(),
        of::<Verification>(),
        of::<Version>(),
    ]
}

/// `KIND` and schema of every document that people write for a command alone.
pub fn input_schemas() -> Vec<(&'static str, Schema)> {
    vec![(wire::KIND, wire::schema())]
}

fn of<A: Answer>() -> (&'static str, Schema) {
    (A::KIND, schema::<A>())
}
