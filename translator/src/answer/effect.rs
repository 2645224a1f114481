//! What a difference does, for machines: access gained and lost, shares moved.

use schemars::JsonSchema;
use serde::Serialize;

use super::{CallerAnswer, DecisionAnswer, HttpAnswer, Undecided};
use crate::effect::{AccessChange, Effect, Party, Presence, ShareChange, Uncertain, Why};
use crate::eval::{Call, Request};

/// What two sides do otherwise.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EffectAnswer {
    /// Pairs of a caller and a port of a Service that were compared.
    pub compared: usize,
    /// Of these, pairs that a mesh cannot be asked about: SPIFFE IDs of other trust domains.
    pub unasked: usize,
    /// Who gained or lost requests; by Service, port and caller.
    pub access: Vec<AccessChangeAnswer>,
    /// Whose share is another one; by Service, port and who answers.
    pub shares: Vec<ShareChangeAnswer>,
    /// Ports that could not be decided; what else is told of them may not be all.
    pub undecided: Vec<Undecided>,
}

/// A caller gained or lost requests to a port of a Service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AccessChangeAnswer {
    /// `gained`: nobody answered and somebody does now; `lost`: the reverse.
    #[schemars(extend("enum" = ["gained", "lost"]))]
    pub change: &'static str,
    /// Who calls.
    pub caller: PartyAnswer,
    /// Of `others`, those known for whom it is not so, where a mesh tells them apart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<PartyAnswer>,
    /// Who is called, `NAMESPACE/NAME`.
    pub service: String,
    /// On which port.
    pub port: u16,
    /// Whether the port is on both sides (`kept`), new (`added`) or gone (`removed`).
    #[schemars(extend("enum" = Presence::ALL.map(Presence::word)))]
    pub presence: &'static str,
    /// Which requests, in the words of the policy, sorted: `GET,HEAD /details*`, `ALL`. For people.
    pub requests: Vec<String>,
    /// Sorts of requests besides these, of which no rule speaks.
    pub more: usize,
    /// Whether the caller has nothing else there on the other side.
    pub entire: bool,
    /// A request that is decided so.
    pub example: RequestAnswer,
    /// What became of it.
    pub from: DecisionAnswer,
    /// What becomes of it.
    pub to: DecisionAnswer,
}

/// A share of the traffic of a port is another one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ShareChangeAnswer {
    /// Who is called, `NAMESPACE/NAME`.
    pub service: String,
    /// On which port.
    pub port: u16,
    /// Who answers: `deployment/NAME` or another workload, `svc/NAME`, or how it ends otherwise.
    pub target: String,
    /// Which share it had, exactly: `9/10`.
    #[schemars(regex(pattern = "^[0-9]+/[0-9]+$"))]
    pub from: String,
    /// Which it has.
    #[schemars(regex(pattern = "^[0-9]+/[0-9]+$"))]
    pub to: String,
    /// Of which requests, as the splits tell them apart. For people.
    pub requests: Vec<String>,
    /// Whose requests.
    pub callers: Vec<PartyAnswer>,
    /// Whether it is so for everybody who is answered on both sides.
    pub everyone: bool,
    /// A request that is shared so.
    pub example: RequestAnswer,
}

/// Callers that are decided alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartyAnswer {
    /// `serviceAccount`, `spiffeId`, `others`: whom no rule names, `noProxy`: who has no identity.
    #[schemars(extend("enum" = ["serviceAccount", "spiffeId", "others", "noProxy"]))]
    pub kind: &'static str,
    /// Namespace of the ServiceAccount, or of the others if they are of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name of the ServiceAccount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// With `spiffe://`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spiffe_id: Option<String>,
}

/// One call.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RequestAnswer {
    /// Who calls.
    pub caller: CallerAnswer,
    /// The Service that is called, `NAMESPACE/NAME`.
    pub service: String,
    /// Its port.
    pub port: u16,
    /// What is said; `null` for bytes that are not HTTP.
    pub http: Option<HttpAnswer>,
}

impl From<&Effect> for EffectAnswer {
    fn from(effect: &Effect) -> Self {
        let Effect { compared, unasked, access, shares, doubts, named: _ } = effect;
        Self {
            compared: *compared,
            unasked: *unasked,
            access: access.iter().map(AccessChangeAnswer::from).collect(),
            shares: shares.iter().map(ShareChangeAnswer::from).collect(),
            undecided: doubts.iter().map(Undecided::from).collect(),
        }
    }
}

impl From<&AccessChange> for AccessChangeAnswer {
    fn from(change: &AccessChange) -> Self {
        let AccessChange { party, except, service, port, gained, presence, requests, more, entire, example, from, to } = change;
        Self {
            change: if *gained { "gained" } else { "lost" },
            caller: party.into(),
            except: except.iter().map(PartyAnswer::from).collect(),
            service: service.to_string(),
            port: *port,
            presence: presence.word(),
            requests: requests.iter().map(ToString::to_string).collect(),
            more: *more,
            entire: *entire,
            example: example.into(),
            from: from.into(),
            to: to.into(),
        }
    }
}

impl From<&ShareChange> for ShareChangeAnswer {
    fn from(change: &ShareChange) -> Self {
        let ShareChange { service, port, target, from, to, requests, parties, everyone, example } = change;
        Self {
            service: service.to_string(),
            port: *port,
            target: target.short(),
            from: from.to_string(),
            to: to.to_string(),
            requests: requests.iter().map(ToString::to_string).collect(),
            callers: parties.iter().map(PartyAnswer::from).collect(),
            everyone: *everyone,
            example: example.into(),
        }
    }
}

impl From<&Party> for PartyAnswer {
    fn from(party: &Party) -> Self {
        let of = |kind: &'static str, namespace: Option<&str>, name: Option<&str>, id: Option<&str>| Self {
            kind,
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
            spiffe_id: id.map(|id| format!("spiffe://{id}")),
        };
        match party {
            Party::Account(account) => of("serviceAccount", Some(&account.namespace), Some(&account.name), None),
            Party::Spiffe(id) => of("spiffeId", None, None, Some(id)),
            Party::Others => of("others", None, None, None),
            Party::OthersIn(namespace) => of("others", Some(namespace), None, None),
            Party::NoProxy => of("noProxy", None, None, None),
        }
    }
}

impl From<&Request> for RequestAnswer {
    fn from(request: &Request) -> Self {
        let Request { caller, service, port, call } = request;
        Self { caller: caller.into(), service: service.to_string(), port: *port, http: HttpAnswer::of(call) }
    }
}

impl HttpAnswer {
    /// `None`: bytes that are not HTTP.
    pub fn of(call: &Call) -> Option<Self> {
        match call {
            Call::Tcp => None,
            Call::Http { method, target, headers } => {
                Some(Self { method: method.clone(), target: target.clone(), headers: headers.clone() })
            }
        }
    }
}

impl From<&Uncertain> for Undecided {
    fn from(doubt: &Uncertain) -> Self {
        let why = match &doubt.why {
            Why::Sorts(doubt) => doubt.to_string(),
            Why::Unread(_) => "the mesh has something that this reading does not know".to_owned(),
        };
        Self { service: doubt.service.to_string(), port: doubt.port, why }
    }
}
