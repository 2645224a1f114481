//! The instance's side: its proxy normalises, then asks the intentions of its own service.

use std::borrow::Cow;

use meshglot_translator::eval::{Fraction, Verdict};

use super::catalog::Instance;
use super::chain::{Leaf, Target};
use super::defaults::Underscores;
use super::fields::Read;
use super::intentions::Access;
use super::message::Message;
use super::{Part, Reading};

impl Reading {
    /// What arrives at a leaf from `source`; without a message it is not HTTP.
    pub(super) fn inbound(&self, source: &str, leaf: &Leaf, message: Option<Message<'_>>) -> Read<Vec<Part>> {
        let mut target = &leaf.target;
        let mut instances = self.instances(target)?;
        for other in &leaf.failover {
            if !instances.is_empty() {
                break;
            }
            target = other.as_ref().map_err(String::clone)?;
            instances = self.instances(target)?;
        }
        if instances.is_empty() {
            return Ok(vec![Part::ended(Verdict::Error, None)]);
        }
        let service = &*target.service;
        let message = match (self.entries.served(service)?.is_http(), message) {
            (false, _) => None,
            (true, None) => return Ok(vec![Part::ended(Verdict::Error, None)]),
            (true, Some(message)) => match self.received(message) {
                Some(message) => Some(message),
                None => return Ok(vec![Part::ended(Verdict::Error, Some("Mesh/mesh requestNormalization".to_owned()))]),
            },
        };
        let rule = match self.intentions.decide(source, service, message.as_ref()) {
            Access::Unknown(why) => return Ok(vec![Part::ended(Verdict::Unknown, Some(why))]),
            Access::Deny(rule) => return Ok(vec![Part::ended(Verdict::Deny, rule)]),
            Access::Allow(rule) => rule,
        };
        let share = Fraction::of(1, instances.len() as u64);
        let part = |instance: &Instance| Part { outcome: instance.answers.clone(), share, rule: rule.clone() };
        Ok(instances.into_iter().map(part).collect())
    }

    fn instances(&self, target: &Target) -> Read<Vec<&Instance>> {
        self.entries.opaque(&target.service)?;
        let mut instances = Vec::new();
        for instance in self.catalog.instances(&target.service) {
            if target.filter.holds(instance)? {
                instances.push(instance);
            }
        }
        if instances.is_empty() {
            self.nobody(&target.service)?;
        }
        Ok(instances)
    }

    /// The message as intentions see it; `None` if the proxy answers itself.
    fn received<'r>(&self, mut message: Message<'r>) -> Option<Message<'r>> {
        let mesh = &self.entries.mesh;
        let odd = |(name, _): &(String, String)| name.contains('_');
        match mesh.underscores {
            Underscores::Reject if message.headers.iter().any(odd) => return None,
            Underscores::Drop if message.headers.iter().any(odd) => message.headers.to_mut().retain(|header| !odd(header)),
            _ => {}
        }
        if !message.target.starts_with('/') {
            return None;
        }
        message.target = match message.target {
            Cow::Borrowed(target) => mesh.normalisation.apply(target)?,
            Cow::Owned(target) => Cow::Owned(mesh.normalisation.apply(&target)?.into_owned()),
        };
        Some(message)
    }
}
