//! Objects that are asked for: what was found, and what was named and is not there.

use std::fmt;

use meshglot_translator::diagnostic::nearest;
use serde_json::Value;

use super::resource::Resource;
use super::wire::Objects;

/// An object that was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'o> {
    pub(super) resource: Resource,
    pub(super) object: &'o Value,
}

/// What was named and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    /// As kubectl calls it.
    object: String,
    /// One of the kind whose name looks like it.
    pub(super) near: Option<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.object)
    }
}

impl Missing {
    pub(super) fn of(resource: Resource, name: &str, objects: &Objects) -> Self {
        let names: Vec<&str> = objects.items.iter().filter(|object| is_of(object, resource)).map(name_of).collect();
        // A part of a name is what people remember.
        let part = || names.iter().copied().find(|one| one.contains(name));
        let near = nearest(name, names.iter().copied()).or_else(part).map(|near| resource.named(near));
        Self { object: resource.named(name), near }
    }
}

impl Found<'_> {
    /// `NAMESPACE/NAME`, or the name alone.
    pub(super) fn full_name(&self) -> String {
        let (namespace, name) = (namespace(self.object), name_of(self.object));
        if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
    }

    pub(super) fn text(&self, pointer: &str) -> &str {
        self.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// `Kind/NAMESPACE/NAME`, as reports say it.
    pub(super) fn key(&self) -> String {
        format!("{}/{}", self.resource.0.name(), self.full_name())
    }

    /// Whether its status is about an older generation.
    pub(super) fn is_stale(&self) -> bool {
        let number = |pointer: &str| self.object.pointer(pointer).and_then(Value::as_i64);
        number("/status/observedGeneration").zip(number("/metadata/generation")).is_some_and(|(observed, newest)| observed < newest)
    }

    /// Whether it tells how it stands, or will: Services and the like never do.
    pub(super) fn has_status(&self, all: &Objects) -> bool {
        let is_silent = || all.silent.iter().any(|kind| kind == self.resource.0.name());
        self.object.get("status").is_some() && self.resource.0.is_ours() || (self.is_told_later() && !is_silent())
    }

    /// Whether it is policy of which nobody has told anything yet.
    pub(super) fn is_told_later(&self) -> bool {
        self.resource.0.is_neutral() && self.object.get("status").is_none()
    }

    /// A condition of its status: whether it holds, reason and message.
    pub(super) fn condition(&self, type_: &str) -> Option<(&str, &str, &str)> {
        let all = self.object.pointer("/status/conditions")?.as_array()?;
        let one = all.iter().find(|one| one["type"].as_str().is_some_and(|found| found.eq_ignore_ascii_case(type_)))?;
        Some((one["status"].as_str()?, one["reason"].as_str()?, one["message"].as_str().unwrap_or_default()))
    }
}

pub(super) fn namespace(object: &Value) -> &str {
    object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn name_of(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn is_of(object: &Value, resource: Resource) -> bool {
    let group = object["apiVersion"].as_str().and_then(|version| version.split_once('/')).map_or("", |(group, _)| group);
    object["kind"] == resource.0.name() && group == resource.0.group()
}
