//! What machines are told: the documents of `-o json` and of the web's `.json` pages, each with a published JSON Schema.
//!
//! Fields are only ever added. Words in `verdict`, `op` and the like are closed lists; messages are for people and may
//! change.

mod capabilities;
mod code;
mod csv;
mod decision;
mod diff;
mod effect;
mod finding;
mod findings;
mod matrix;
mod meshes;
mod page;
mod rendering;
mod simulation;
mod switch;
mod verification;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Map, Value};

pub use capabilities::{Capabilities, CellAnswer, FeatureAnswer};
pub use code::{CodeAnswer, CodeLine, Codes, ExampleAnswer};
pub use csv::csv_line;
pub use decision::{BackendDecision, Can, DecisionAnswer, ShareAnswer};
pub use diff::{ChangeAnswer, DiffAnswer, DriftAnswer, FieldChangeAnswer, RenderedChangeAnswer, StateAnswer, SummaryAnswer};
pub use effect::{AccessChangeAnswer, EffectAnswer, PartyAnswer, RequestAnswer, ShareChangeAnswer};
pub use finding::{AlsoAnswer, DiagnosticAnswer, Location, LossAnswer};
pub use findings::{FindingsAnswer, Summary, Suppressed};
pub use matrix::{AllowanceAnswer, MatrixAnswer, MatrixCell, OtherwiseAnswer, PortAnswer, UndecidedReading, WithheldMesh};
pub use meshes::{ConceptAnswer, MeshDiffAnswer, PlaceAnswer, SayingAnswer};
pub use page::{Block, Section};
pub use rendering::{BackendRendering, FieldAnswer, ObjectAnswer, Rendering, SetAnswer, Withheld};
pub use simulation::{BackendSimulation, CountAnswer, SimulatedAnswer, Simulation};
pub use switch::SwitchPlan;
pub use verification::{BackendVerification, CallerAnswer, FindingAnswer, HttpAnswer, Seen, Undecided, Verification};

/// `apiVersion` of every answer.
pub const API_VERSION: &str = "cli.meshglot.dev/v1";

/// One kind of answer.
pub trait Answer: Serialize + JsonSchema {
    /// `kind` of the document.
    const KIND: &'static str;
}

/// The whole document: `apiVersion`, `kind` and the fields of the answer, keys sorted.
pub fn document<A: Answer>(answer: &A) -> Value {
    // Structures of texts, numbers and lists have a form.
    let mut fields = match serde_json::to_value(answer) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    fields.insert("apiVersion".to_owned(), API_VERSION.into());
    fields.insert("kind".to_owned(), A::KIND.into());
    Value::Object(fields)
}

/// The JSON Schema (draft 2020-12) of the whole document.
pub fn schema<A: Answer>() -> Schema {
    let mut schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<A>();
    let constant = |word: &str| serde_json::json!({"const": word});
    if let Some(properties) = schema.ensure_object().get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("apiVersion".to_owned(), constant(API_VERSION));
        properties.insert("kind".to_owned(), constant(A::KIND));
    }
    if let Value::Array(required) = schema.ensure_object().entry("required").or_insert_with(|| Value::Array(Vec::new())) {
        required.extend(["apiVersion".into(), "kind".into()]);
    }
    schema
}
