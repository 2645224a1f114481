//! What an account has asked of an API server, by its audit log.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use serde_json::Value;

/// Requests, each as `verb group/resource`, or with a subresource `verb group/resource/subresource`, as RBAC counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Of every sort.
    pub all: BTreeSet<String>,
    /// That were not allowed.
    pub refused: Vec<String>,
}

impl Asked {
    /// What is granted and was not asked for, but for what is rare, and what was asked for beyond it.
    pub fn beside(&self, granted: &BTreeSet<String>, rare: &[&str]) -> (Vec<String>, Vec<String>) {
        let unused = granted.difference(&self.all).filter(|right| !rare.contains(&right.as_str()));
        (unused.cloned().collect(), self.all.difference(granted).cloned().collect())
    }
}

/// What a user has asked, by a log of level `Metadata`.
///
/// # Errors
/// The log cannot be read.
pub fn asked(log: &Path, user: &str) -> io::Result<Asked> {
    Ok(told(&fs::read_to_string(log)?, user))
}

fn told(log: &str, user: &str) -> Asked {
    let mut asked = Asked::default();
    for line in log.lines() {
        // The last line may still be written.
        let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
        let of = &event["objectRef"];
        if event["user"]["username"] != user || of["resource"].is_null() {
            continue;
        }
        let word = |name: &str| of[name].as_str().unwrap_or_default();
        let subresource = if word("subresource").is_empty() { String::new() } else { format!("/{}", word("subresource")) };
        let what = format!("{} {}/{}{subresource}", event["verb"].as_str().unwrap_or_default(), word("apiGroup"), word("resource"));
        match event["responseStatus"]["code"].as_u64() {
            Some(403) => asked.refused.push(what.clone()),
            // Who applies what is not there creates it, and needs the right to.
            Some(201) if what.starts_with("patch ") => drop(asked.all.insert(what.replacen("patch", "create", 1))),
            _ => {}
        }
        asked.all.insert(what);
    }
    asked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_are_told_as_rights_are_granted() {
        let event = |user: &str, verb: &str, of: Value, code: u64| {
            json!({"user": {"username": user}, "verb": verb, "objectRef": of, "responseStatus": {"code": code}}).to_string()
        };
        let map = json!({"resource": "configmaps", "name": "a"});
        let status = json!({"apiGroup": "meshglot.dev", "resource": "meshes", "subresource": "status"});
        let log = [
            event("us", "patch", map.clone(), 201),
            event("us", "patch", status, 200),
            event("us", "get", map.clone(), 403),
            event("them", "delete", map, 200),
            event("us", "get", Value::Null, 200),
            "{\"user\": ".to_owned(),
        ];
        let told = told(&log.join("\n"), "us");
        let all = ["create /configmaps", "get /configmaps", "patch /configmaps", "patch meshglot.dev/meshes/status"];
        assert_eq!(told, Asked { all: all.map(str::to_owned).into(), refused: vec!["get /configmaps".to_owned()] });
    }
}
