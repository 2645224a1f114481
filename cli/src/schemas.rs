//! The JSON Schemas of every answer and of test files, as they are published under `docs/schemas/`.

use meshglot_control::Resources;
use meshglot_observed::{Call, Edges, Events, Proxies};
use meshglot_translator::answer::{
    Answer, Can, Capabilities, CodeAnswer, Codes, DiffAnswer, FindingsAnswer, MatrixAnswer, MeshDiffAnswer, Rendering, Simulation,
    Verification, schema,
};
use schemars::Schema;

use crate::check::Checks;
use crate::cluster::ObjectEvents;
use crate::convert::ConversionAnswer;
use crate::diff::Patches;
use crate::explain::{FieldAnswer, Topics};
use crate::look::Stat;
use crate::objects::ObjectStatuses;
use crate::policy_test::{TestResults, wire};
use crate::switch::ClusterSwitch;
use crate::version::Version;

/// `KIND` and schema of every document that `-o json` may print.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        of::<Call>(),
        of::<Can>(),
        of::<Capabilities>(),
        of::<Checks>(),
        of::<ClusterSwitch>(),
        of::<CodeAnswer>(),
        of::<Codes>(),
        of::<ConversionAnswer>(),
        of::<DiffAnswer>(),
        of::<Edges>(),
        of::<Events>(),
        of::<FieldAnswer>(),
        of::<FindingsAnswer>(),
        of::<MatrixAnswer>(),
        of::<MeshDiffAnswer>(),
        of::<ObjectEvents>(),
        of::<ObjectStatuses>(),
        of::<Patches>(),
        of::<Proxies>(),
        of::<Rendering>(),
        of::<Resources>(),
        of::<Simulation>(),
        of::<Stat>(),
        of::<TestResults>(),
        of::<Topics>(),
        of::<Verification>(),
        of::<Version>(),
    ]
}

/// `KIND` and schema of every document that a page of `dashboard` may be, besides those.
pub fn page_schemas() -> Vec<(&'static str, Schema)> {
    meshglot_web::schemas()
}

/// `KIND` and schema of every document that people write for a command alone.
pub fn input_schemas() -> Vec<(&'static str, Schema)> {
    vec![(wire::KIND, wire::schema())]
}

fn of<A: Answer>() -> (&'static str, Schema) {
    (A::KIND, schema::<A>())
}
