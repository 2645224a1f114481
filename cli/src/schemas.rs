//! The JSON Schemas of every answer, as they are published under `docs/schemas/`.

use meshglot_translator::answer::{Answer, CodeAnswer, schema};
use schemars::Schema;

use crate::explain::{Codes, FieldAnswer, Topics};
use crate::version::Version;

/// `KIND` and schema of every document that `-o json` may print.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![of::<CodeAnswer>(), of::<Codes>(), of::<FieldAnswer>(), of::<Topics>(), of::<Version>()]
}

fn of<A: Answer>() -> (&'static str, Schema) {
    (A::KIND, schema::<A>())
}
