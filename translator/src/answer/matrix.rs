//! Who may call what, for machines.

use schemars::JsonSchema;
use serde::Serialize;

use super::effect::PartyAnswer;
use super::{Answer, Undecided};
use crate::effect::{AccessChange, Allowance, Cell, Column, Matrix, Party, Uncertain};

/// Every caller by every port of every Service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MatrixAnswer {
    /// The rows.
    pub callers: Vec<PartyAnswer>,
    /// The columns.
    pub ports: Vec<PortAnswer>,
    /// Row by row, each with its caller and port.
    pub cells: Vec<MatrixCell>,
    /// Meshes that do otherwise somewhere.
    pub backends: Vec<&'static str>,
    /// Ports about which a mesh or a change could not be decided.
    pub undecided: Vec<UndecidedReading>,
    /// Meshes for which nothing is written, so that they are left out.
    pub withheld: Vec<WithheldMesh>,
}

impl Answer for MatrixAnswer {
    const KIND: &'static str = "Matrix";
}

/// One port of a Service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PortAnswer {
    /// The Service, `NAMESPACE/NAME`.
    pub service: String,
    /// Its port.
    pub port: u16,
}

/// What one caller may do at one port.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MatrixCell {
    /// Who calls.
    pub caller: PartyAnswer,
    /// The Service that is called, `NAMESPACE/NAME`.
    pub service: String,
    /// Its port.
    pub port: u16,
    /// What the policy lets in.
    #[serde(flatten)]
    pub allowed: AllowanceAnswer,
    /// What the policy that it is compared with lets in. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<AllowanceAnswer>,
    /// Whether something is otherwise than before, by the policy or on a mesh.
    pub changed: bool,
    /// What meshes do otherwise than the policy says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<OtherwiseAnswer>,
}

/// What is let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AllowanceAnswer {
    /// `nothing`, `everything`, or these `requests`.
    #[schemars(extend("enum" = ["nothing", "everything", "requests"]))]
    pub allowed: &'static str,
    /// In words, sorted: `GET,HEAD /api*`. A last `~` means that a part of the destinations lets them in. For people.
    pub requests: Vec<String>,
}

/// What a mesh does otherwise.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OtherwiseAnswer {
    /// The mesh.
    pub name: &'static str,
    /// What it lets in besides.
    pub gained: Vec<String>,
    /// What it does not let in.
    pub lost: Vec<String>,
    /// Whether it lets nothing in at all.
    pub nothing: bool,
}

/// A port that could not be decided, and by which reading.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UndecidedReading {
    /// The mesh, or `the policy`.
    pub reading: String,
    /// Which, and why.
    #[serde(flatten)]
    pub port: Undecided,
}

/// A mesh for which nothing is written.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WithheldMesh {
    /// The mesh.
    pub name: &'static str,
    /// Why.
    pub codes: Vec<&'static str>,
}

impl MatrixAnswer {
    /// Of a matrix, with what could not be decided by which reading, and meshes that are left out with the codes.
    pub fn of(matrix: &Matrix, undecided: Vec<(String, Uncertain)>, withheld: Vec<(&'static str, Vec<&'static str>)>) -> Self {
        let Matrix { callers, ports, cells } = matrix;
        let row = |(party, row): (&Party, &Vec<Cell>)| -> Vec<MatrixCell> {
            ports.iter().zip(row).map(|(column, cell)| MatrixCell::of(party, column, cell)).collect()
        };
        let mut backends: Vec<&'static str> = cells.iter().flatten().flat_map(|cell| cell.meshes.keys().copied()).collect();
        backends.sort_unstable();
        backends.dedup();
        let undecided = undecided.into_iter().map(|(reading, doubt)| UndecidedReading { reading, port: (&doubt).into() });
        Self {
            callers: callers.iter().map(PartyAnswer::from).collect(),
            ports: ports.iter().map(PortAnswer::from).collect(),
            cells: callers.iter().zip(cells).flat_map(row).collect(),
            backends,
            undecided: undecided.collect(),
            withheld: withheld.into_iter().map(|(name, codes)| WithheldMesh { name, codes }).collect(),
        }
    }
}

impl MatrixCell {
    fn of(party: &Party, column: &Column, cell: &Cell) -> Self {
        let Cell { allowance, before, changed, meshes } = cell;
        Self {
            caller: party.into(),
            service: column.service.to_string(),
            port: column.port,
            allowed: allowance.into(),
            before: before.as_ref().map(AllowanceAnswer::from),
            changed: *changed,
            backends: meshes.iter().map(|(name, changes)| OtherwiseAnswer::of(name, changes)).collect(),
        }
    }
}

impl OtherwiseAnswer {
    fn of(name: &'static str, changes: &[AccessChange]) -> Self {
        let words = |gained: bool| {
            let those = changes.iter().filter(|change| change.gained == gained);
            let more = |change: &AccessChange| (change.more > 0).then(|| format!("{} more", change.more));
            those.flat_map(|change| change.requests.iter().map(ToString::to_string).chain(more(change))).collect()
        };
        Self { name, gained: words(true), lost: words(false), nothing: changes.iter().any(|change| !change.gained && change.entire) }
    }
}

impl From<&Column> for PortAnswer {
    fn from(column: &Column) -> Self {
        Self { service: column.service.to_string(), port: column.port }
    }
}

impl From<&Allowance> for AllowanceAnswer {
    fn from(allowance: &Allowance) -> Self {
        let allowed = match allowance {
            Allowance::Nothing => "nothing",
            Allowance::Everything => "everything",
            Allowance::Requests(_) => "requests",
        };
        let requests = if allowed == "requests" { allowance.words() } else { Vec::new() };
        Self { allowed, requests }
    }
}
