//! Who may do what.

use std::sync::Arc;

use super::listener::Prefix;
use super::matching::{HeaderMatch, PathMatch, TextMatch};

/// What a rule set does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What matches is allowed, and nothing else.
    Allow,
    /// What matches is denied, and nothing else.
    Deny,
}

/// Rules that are tried in the order of their keys; the first that matches decides.
#[derive(Clone, Debug)]
pub struct AccessRules {
    /// What they do.
    pub action: Verdict,
    /// Sorted by key.
    pub policies: Vec<Policy>,
}

/// One rule: some permission and some principal have to match.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `TrafficTarget/NAMESPACE/NAME#RULE`, or another key of one rule.
    pub key: Arc<str>,
    /// What is called.
    pub permissions: Vec<Permission>,
    /// Who calls.
    pub principals: Vec<Principal>,
}

/// A condition on what is called.
#[derive(Clone, Debug)]
pub enum Permission {
    /// Anything.
    Any,
    /// All of these hold.
    And(Vec<Permission>),
    /// One of these holds.
    Or(Vec<Permission>),
    /// This does not hold.
    Not(Box<Permission>),
    /// The path without its query.
    Path(PathMatch),
    /// A header.
    Header(HeaderMatch),
    /// The port that was called.
    Port(u16),
}

/// A condition on who calls.
#[derive(Clone, Debug)]
pub enum Principal {
    /// Anybody.
    Any,
    /// All of these hold.
    And(Vec<Principal>),
    /// One of these holds.
    Or(Vec<Principal>),
    /// This does not hold.
    Not(Box<Principal>),
    /// The SPIFFE ID that was proven; a caller that proved none does not match.
    Id(TextMatch),
    /// The address of the TCP peer.
    Address(Prefix),
}

/// One filter of access: what is enforced, and what is only told.
#[derive(Clone, Debug, Default)]
pub struct Rbac {
    /// `None`: everything passes.
    pub rules: Option<Arc<AccessRules>>,
    /// What the log tells without anybody being held; `None`: nothing.
    pub shadow: Option<Arc<AccessRules>>,
    /// Before the keys under which rules write what they found (`rules_stat_prefix`), such as `allow_`.
    pub prefix: Box<str>,
    /// The same of the shadow rules, such as `audit_`.
    pub shadow_prefix: Box<str>,
}
