//! What people write into a PolicyTest: the types behind its published schema. `read.rs` reads them, with places.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;

/// `apiVersion` of a PolicyTest.
pub(crate) const API_VERSION: &str = "test.meshglot.dev/v1alpha1";

/// `kind` of a PolicyTest.
pub(crate) const KIND: &str = "PolicyTest";

/// Assertions about policy, for `meshglot test`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PolicyTest")]
#[expect(dead_code, reason = "the schema is made of it; the values are read with their places")]
pub(crate) struct PolicyTest {
    /// `test.meshglot.dev/v1alpha1`.
    #[schemars(extend("const" = API_VERSION))]
    api_version: String,
    /// `PolicyTest`.
    #[schemars(extend("const" = KIND))]
    kind: String,
    /// Names the tests in what is told about them.
    metadata: Metadata,
    /// Files and folders of policy and inventory, relative to this file; folders are read with all below them. They are
    /// read beside what `-f` names. Absent: what `-f` names alone.
    #[schemars(length(min = 1))]
    input: Option<Vec<String>>,
    /// Namespace of all names that have none, here and in the policy. Absent: that of `-n`.
    namespace: Option<String>,
    /// Meshes to which the tests apply, beside the policy itself. Absent: all.
    #[schemars(length(min = 1))]
    backends: Option<Vec<String>>,
    /// The tests, in the order in which they are told.
    #[schemars(length(min = 1))]
    tests: Vec<Test>,
}

/// Of the tests as a whole.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
struct Metadata {
    /// Stands before the name of each test in reports for machines.
    name: String,
}

/// One test: exactly one of `can`, `cannot`, `split` and `lossless`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["can"]}, {"required": ["cannot"]}, {"required": ["split"]}, {"required": ["lossless"]}]))]
#[expect(dead_code, reason = "as above")]
struct Test {
    /// What the test is called. Absent: what it says.
    name: Option<String>,
    /// Every part of every one of these calls is answered.
    can: Option<Call>,
    /// Every one of these calls is denied.
    cannot: Option<Call>,
    /// The call is answered, in these shares.
    split: Option<Split>,
    /// The meshes do what the policy says, but for the losses that are named.
    lossless: Option<Lossless>,
}

/// Calls: each source with each destination.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
struct Call {
    /// Who calls: `sa/NAME`, `deploy/NAME`, `svc/NAME` or a bare name that means one identity; `NAMESPACE/NAME` after the
    /// kind.
    from: OneOrMore,
    /// What is called: `METHOD http://SERVICE[.NAMESPACE][:PORT]/PATH` or `tcp://SERVICE[.NAMESPACE]:PORT`.
    to: OneOrMore,
    /// Headers of the requests. Absent: none but `host`.
    headers: Option<BTreeMap<String, String>>,
}

/// One call, and who answers it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
struct Split {
    /// Who calls, as in `can`.
    from: String,
    /// What is called, as in `can`.
    to: String,
    /// Headers of the request. Absent: none but `host`.
    headers: Option<BTreeMap<String, String>>,
    /// By `deploy/NAME` or another workload, `svc/NAME`, or a bare name that means one of them: the share of the requests
    /// that it gets, such as `10%`, `<= 10%` or `> 5%, < 15%`.
    #[schemars(length(min = 1))]
    shares: BTreeMap<String, String>,
}

/// What meshes may lose.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
struct Lossless {
    /// Meshes that are looked at. Absent: those of the file.
    #[schemars(length(min = 1))]
    backends: Option<Vec<String>>,
    /// Codes of losses that are known and taken. Absent: none, beside what the Mesh accepts.
    except: Option<Vec<String>>,
}

/// A text or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "as above")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// The JSON Schema of a PolicyTest.
pub(crate) fn schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<PolicyTest>()
}
