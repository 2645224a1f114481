//! What an intention says about one source: an action, or permissions in order.

use serde_json::Value;

use super::condition::Condition;
use super::fields::{Fields, Read};
use super::header::Side;
use super::message::Message;

/// What a source may do.
#[derive(Debug)]
pub(super) enum Action {
    Allow,
    Deny,
    /// The first one that matches decides.
    Permissions(Vec<Permission>),
}

/// One of `sources[].permissions`.
#[derive(Debug)]
pub(super) struct Permission {
    pub(super) allow: bool,
    condition: Condition,
    /// A token decides too, which no request here has.
    pub(super) jwt: bool,
}

impl Action {
    /// Reads and takes `action` and `permissions` of a source.
    pub(super) fn read(fields: &mut Fields<'_>) -> Read<Self> {
        match (fields.text("action")?, fields.list("permissions")?) {
            ("allow", []) => Ok(Self::Allow),
            ("deny", []) => Ok(Self::Deny),
            ("", permissions) if !permissions.is_empty() => {
                let read = |(index, value)| Permission::read(value).map_err(|why| format!("permissions[{index}]: {why}"));
                permissions.iter().enumerate().map(read).collect::<Read<_>>().map(Self::Permissions)
            }
            _ => Err("the server wants either an action or permissions".to_owned()),
        }
    }
}

impl Permission {
    fn read(value: &Value) -> Read<Self> {
        let mut fields = Fields::of(value)?;
        let allow = allows(fields.text("action")?)?;
        let condition = Condition::read(fields.take("http"), Side::Permission)?;
        let jwt = !fields.take("jwt").is_null();
        fields.done()?;
        if condition.is_empty() {
            return Err("the server refuses a permission without a condition".to_owned());
        }
        Ok(Self { allow, condition, jwt })
    }

    /// Whether it is this permission that decides; `None`: not known.
    pub(super) fn matches(&self, message: &Message<'_>) -> Option<bool> {
        match self.condition.holds(message) {
            Some(true) if self.jwt => None,
            matches => matches,
        }
    }
}

fn allows(action: &str) -> Read<bool> {
    match action {
        "allow" => Ok(true),
        "deny" => Ok(false),
        other => Err(format!("the server refuses the action {other:?}")),
    }
}
