//! What pods with a sidecar trust: the roots in their namespaces, until when they last, and whether they are the same everywhere.

use std::collections::BTreeMap;

use meshglot_control::{ROOTS, roots_stand};
use serde_json::Value;
use time::OffsetDateTime;

use super::Check;
use super::injector::Injection;
use crate::cluster::{Cluster, resource};

const CATEGORY: &str = "authority";

/// `None`: no namespace asks for sidecars, or whoever asks may not see it.
pub(super) fn look(cluster: &Cluster, injection: &Injection) -> Option<Check> {
    let mut published = BTreeMap::new();
    let lasting = injection.namespaces.iter().filter(|one| one["metadata"]["deletionTimestamp"].is_null());
    for name in lasting.filter_map(|one| one["metadata"]["name"].as_str()) {
        match cluster.read(cluster.reader.get(&resource("v1", "ConfigMap"), name, ROOTS)) {
            Ok(map) => drop(published.insert(name.to_owned(), map.as_ref().map(roots))),
            Err(failure) => return Some(Check::unknown(CATEGORY, &failure)),
        }
    }
    // Nobody publishes any, and nobody makes pods that wait for them, which is told of sidecars.
    if published.values().all(Option::is_none) && !injection.is_installed() {
        return None;
    }
    (!published.is_empty()).then(|| of(&published, OffsetDateTime::now_utc()))
}

fn roots(map: &Value) -> String {
    map["data"]["ca.crt"].as_str().unwrap_or_default().to_owned()
}

fn of(published: &BTreeMap<String, Option<String>>, now: OffsetDateTime) -> Check {
    match roots_stand(published, now) {
        Ok(what) => Check::ok(CATEGORY, what),
        Err(error) => {
            let check = if error.is_harmful() { Check::error } else { Check::warning }(CATEGORY, error.to_string());
            check.hint("the controllers of `meshglot install --backend builtin` publish them; their log says what is in the way").waits()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn pods_that_wait_are_an_error() {
        let check = of(&[("bank".to_owned(), None)].into(), OffsetDateTime::UNIX_EPOCH);
        assert_eq!((check.level, check.is_waiting), (Level::Error, true));
    }
}
