//! What an access filter decides, and what the log tells of it.

use std::sync::Arc;

use super::compiled::CompiledRules;
use super::subject::Subject;
use crate::table::{Rbac, Verdict};

/// One access filter, ready to be asked.
#[derive(Debug)]
pub(crate) struct Access {
    rules: Option<Box<CompiledRules>>,
    shadow: Option<Box<CompiledRules>>,
    prefixes: Arc<Prefixes>,
}

/// Before the names under which the log knows what was decided.
#[derive(Debug)]
pub(crate) struct Prefixes {
    /// By the rules.
    enforced: Box<str>,
    /// By the shadow rules.
    shadow: Box<str>,
}

/// What it decided.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// Whether the call passes.
    pub(crate) passes: bool,
    /// The key of the rule that decided; `None`: none did.
    pub(crate) policy: Option<Arc<str>>,
    /// Whether the shadow rules would let it pass, and the rule by which; `None`: there are none.
    pub(crate) shadow: Option<(bool, Option<Arc<str>>)>,
    prefixes: Arc<Prefixes>,
}

impl Access {
    pub(crate) fn new(rbac: &Rbac) -> Self {
        let compile = |rules: &Option<Arc<_>>| rules.clone().map(CompiledRules::new).map(Box::new);
        let prefixes = Prefixes { enforced: rbac.prefix.clone(), shadow: rbac.shadow_prefix.clone() };
        Self { rules: compile(&rbac.rules), shadow: compile(&rbac.shadow), prefixes: Arc::new(prefixes) }
    }

    /// Whether it has rules, of either sort.
    pub(crate) fn asks(&self) -> bool {
        self.rules.is_some() || self.shadow.is_some()
    }

    /// Asks all rules about a call.
    pub(crate) fn decide(&self, subject: &Subject<'_>) -> Decision {
        let (passes, policy) = self.rules.as_ref().map_or((true, None), |rules| verdict(rules, subject));
        let shadow = self.shadow.as_ref().map(|rules| verdict(rules, subject));
        Decision { passes, policy, shadow, prefixes: self.prefixes.clone() }
    }
}

impl Decision {
    /// Whether nothing speaks against the call: neither the rules nor those that are only asked.
    pub(crate) fn is_clear(&self) -> bool {
        self.passes && self.shadow.as_ref().is_none_or(|(passes, _)| *passes)
    }

    /// What the log calls by a name such as `allow_enforced_effective_policy_id`.
    pub(crate) fn told(&self, name: &str) -> Option<&str> {
        let result = |passes: bool| if passes { "allowed" } else { "denied" };
        let own = |prefix: &str| name.strip_prefix(prefix);
        if let Some((passes, policy)) = &self.shadow {
            match own(&self.prefixes.shadow) {
                Some("shadow_effective_policy_id") => return policy.as_deref(),
                Some("shadow_engine_result") => return Some(result(*passes)),
                _ => {}
            }
        }
        match own(&self.prefixes.enforced)? {
            "enforced_effective_policy_id" => self.policy.as_deref(),
            "enforced_engine_result" => Some(result(self.passes)),
            _ => None,
        }
    }
}

fn verdict(rules: &CompiledRules, subject: &Subject<'_>) -> (bool, Option<Arc<str>>) {
    let policy = rules.first(subject).map(|policy| policy.key.clone());
    (policy.is_some() == (rules.action() == Verdict::Allow), policy)
}
