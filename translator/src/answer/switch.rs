//! What moving policy from one mesh to another changes, for machines.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Answer, EffectAnswer, LossAnswer};
use crate::render::ObjectId;
use crate::review::Switch;

/// A move of all policy to another mesh.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwitchPlan {
    /// The mesh that has it; absent: none does yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'static str>,
    /// The mesh that gets it.
    pub to: &'static str,
    /// Objects that are written, `KIND.GROUP/NAMESPACE/NAME`, in the order of writing.
    pub create: Vec<String>,
    /// Objects that are removed.
    pub delete: Vec<String>,
    /// What only the second loses.
    pub losses_added: Vec<LossAnswer>,
    /// What only the first loses.
    pub losses_removed: Vec<LossAnswer>,
    /// What calls become of on the second that they do not on the first; without a first, that the policy does not say.
    pub effect: EffectAnswer,
    /// The codes by which nothing is written for the second; empty: it gets its objects.
    pub withheld: Vec<&'static str>,
}

impl Answer for SwitchPlan {
    const KIND: &'static str = "SwitchPlan";
}

impl From<&Switch> for SwitchPlan {
    fn from(switch: &Switch) -> Self {
        let paths = |ids: &[ObjectId]| ids.iter().map(ObjectId::path).collect();
        let Switch { from, to, create, delete, losses, effect, withheld } = switch;
        Self {
            from: *from,
            to,
            create: paths(create),
            delete: paths(delete),
            losses_added: losses.added.iter().map(LossAnswer::from).collect(),
            losses_removed: losses.removed.iter().map(LossAnswer::from).collect(),
            effect: effect.into(),
            withheld: withheld.clone(),
        }
    }
}
