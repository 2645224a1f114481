//! The JSON Schemas of what pages alone answer, as they are published with those of the command line.

use meshglot_translator::answer::{Answer, SwitchPlan, schema};
use schemars::Schema;

use crate::pages::{
    About, GroupsAnswer, Keys, LiveCalls, Overview, PlaygroundAnswer, Policies, PolicyEffect, PolicySource, ServicePage, Services, Topology,
};
use crate::problem::ProblemAnswer;

/// `KIND` and schema of every document that a `.json` page may be and no command prints.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        of::<About>(),
        of::<GroupsAnswer>(),
        of::<Keys>(),
        of::<LiveCalls>(),
        of::<Overview>(),
        of::<PlaygroundAnswer>(),
        of::<Policies>(),
        of::<PolicyEffect>(),
        of::<PolicySource>(),
        of::<ProblemAnswer>(),
        of::<ServicePage>(),
        of::<Services>(),
        of::<SwitchPlan>(),
        of::<Topology>(),
    ]
}

fn of<A: Answer>() -> (&'static str, Schema) {
    (A::KIND, schema::<A>())
}
