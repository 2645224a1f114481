//! Whether meshes do what the policy says, for machines.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Answer, DecisionAnswer};
use crate::eval::{Call, Caller};
use crate::verify::{Deviation, Finding, Report};

/// What came out of `verify`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Verification {
    /// A mesh each.
    pub backends: Vec<BackendVerification>,
}

impl Answer for Verification {
    const KIND: &'static str = "Verification";
}

/// What came out for one mesh.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BackendVerification {
    /// The mesh.
    pub name: &'static str,
    /// `proved`, `refuted` by a request, `undecided`, or `withheld` because nothing is written for it.
    #[schemars(extend("enum" = ["proved", "refuted", "undecided", "withheld"]))]
    pub result: &'static str,
    /// Why nothing is written. Absent unless `withheld`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<&'static str>,
    /// What was looked at; absent where `withheld`.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
}

impl BackendVerification {
    /// Nothing is written for the mesh, by these codes.
    pub fn withheld(name: &'static str, codes: Vec<&'static str>) -> Self {
        Self { name, result: "withheld", codes, seen: None }
    }

    /// It was looked at.
    pub fn seen(name: &'static str, report: &Report) -> Self {
        Self { name, result: report.result(), codes: Vec::new(), seen: Some(report.into()) }
    }
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Seen {
    /// Ports of Services.
    pub ports: usize,
    /// Requests tried, one of each sort.
    pub requests: usize,
    /// Of these, decided otherwise as a loss says: how many by each code.
    pub excused: BTreeMap<&'static str, usize>,
    /// Requests that are decided otherwise, and no loss says so; the worst first.
    pub findings: Vec<FindingAnswer>,
    /// Ports that could not be decided.
    pub undecided: Vec<Undecided>,
}

/// A request that the mesh decides otherwise.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FindingAnswer {
    /// How it differs, the worst first in the list of words.
    #[schemars(extend("enum" = Deviation::ALL.map(Deviation::word)))]
    pub deviation: &'static str,
    /// Who calls.
    pub caller: CallerAnswer,
    /// The Service that is called, `NAMESPACE/NAME`.
    pub service: String,
    /// Its port.
    pub port: u16,
    /// What is said; `null` for bytes that are not HTTP.
    pub http: Option<HttpAnswer>,
    /// What the policy decides.
    pub policy: DecisionAnswer,
    /// What the mesh decides.
    pub mesh: DecisionAnswer,
}

/// Who calls.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallerAnswer {
    /// Namespace of the ServiceAccount.
    pub namespace: String,
    /// Name of the ServiceAccount.
    pub service_account: String,
    /// The workload, `KIND/NAMESPACE/NAME`; `null` where none is known.
    pub workload: Option<String>,
    /// Whether it has a proxy; without one it has no identity.
    pub meshed: bool,
}

/// A request of HTTP.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HttpAnswer {
    /// In upper case.
    pub method: String,
    /// Path and query, exactly as sent.
    pub target: String,
    /// Name and value, in the order sent.
    pub headers: Vec<(String, String)>,
}

/// A port that could not be decided.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Undecided {
    /// The Service, `NAMESPACE/NAME`.
    pub service: String,
    /// Its port.
    pub port: u16,
    /// For people.
    pub why: String,
}

impl From<&Report> for Seen {
    fn from(report: &Report) -> Self {
        let undecided = report.doubts.iter().map(|(service, port, doubt)| Undecided {
            service: service.to_string(),
            port: *port,
            why: doubt.to_string(),
        });
        Self {
            ports: report.ports,
            requests: report.requests,
            excused: report.excused.iter().map(|(code, times)| (code.info().name, *times)).collect(),
            findings: report.findings.iter().map(FindingAnswer::from).collect(),
            undecided: undecided.collect(),
        }
    }
}

impl From<&Finding> for FindingAnswer {
    fn from(finding: &Finding) -> Self {
        let Finding { deviation, request, said, done } = finding;
        let http = match &request.call {
            Call::Tcp => None,
            Call::Http { method, target, headers } => {
                Some(HttpAnswer { method: method.clone(), target: target.clone(), headers: headers.clone() })
            }
        };
        Self {
            deviation: deviation.word(),
            caller: (&request.caller).into(),
            service: request.service.to_string(),
            port: request.port,
            http,
            policy: said.into(),
            mesh: done.into(),
        }
    }
}

impl From<&Caller> for CallerAnswer {
    fn from(caller: &Caller) -> Self {
        let Caller { namespace, service_account, workload, meshed } = caller;
        Self {
            namespace: namespace.to_string(),
            service_account: service_account.to_string(),
            workload: workload.as_ref().map(ToString::to_string),
            meshed: *meshed,
        }
    }
}
