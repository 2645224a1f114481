//! The JSON Schemas of every answer, as they are published under `docs/schemas/`.

use meshglot_translator::answer::{Answer, Can, Capabilities, Rendering, Verification, schema};
use schemars::Schema;

use crate::convert::ConversionAnswer;
use crate::version::Version;

/// `KIND` and schema of every document that `-o json` may print.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![of::<Can>(), of::<Capabilities>(), of::<ConversionAnswer>(), of::<Rendering>(), of::<Verification>(), of::<Version>()]
}

fn of<A: Answer>() -> (&'static str, Schema) {
    (A::KIND, schema::<A>())
}
