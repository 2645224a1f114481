//! Which Workloads are away: their proxies have not been connected for a while, so that callers had better go elsewhere.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use meshglot_translator::render::RenderedObject;
use serde_json::Value;

/// A proxy that is not connected for so long is away. One that has lost its control plane tries again after 30 s at the latest,
/// so that no restart of the control plane makes anybody away.
pub(crate) const AWAY: Duration = Duration::from_secs(40);

/// Type of what says where calls can go.
const ASSIGNMENT: &str = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

/// When each Workload's proxy was connected last; of one that never was, since when it could have been.
#[derive(Debug, Default)]
pub(crate) struct Presence(BTreeMap<String, Instant>);

impl Presence {
    /// The addresses of those that are away at `now`, of all these workloads, of which these are connected.
    pub(crate) fn look(&mut self, now: Instant, workloads: &BTreeMap<String, IpAddr>, connected: &BTreeSet<String>) -> BTreeSet<IpAddr> {
        self.0.retain(|name, _| workloads.contains_key(name));
        let mut away = BTreeSet::new();
        for (name, address) in workloads {
            let seen = self.0.entry(name.clone()).or_insert(now);
            if connected.contains(name) {
                *seen = now;
            }
            if now.saturating_duration_since(*seen) >= AWAY {
                away.insert(*address);
            }
        }
        // Of two by one address, such as one that was renamed, one that is there is enough.
        for (_, address) in workloads.iter().filter(|(name, _)| connected.contains(*name)) {
            away.remove(address);
        }
        away
    }
}

/// The same objects, but that endpoints which are away are said to be unhealthy. A proxy goes to others then, unless more than half of
/// a cluster is unhealthy: it takes that for a mistake of whoever says so, and goes to all (Envoy's panic threshold).
pub(crate) fn with_health<'o>(objects: &'o [RenderedObject], away: &BTreeSet<IpAddr>) -> Vec<Cow<'o, RenderedObject>> {
    objects.iter().map(|object| marked(object, away)).collect()
}

fn marked<'o>(object: &'o RenderedObject, away: &BTreeSet<IpAddr>) -> Cow<'o, RenderedObject> {
    if away.is_empty() || object.id.api_version != ASSIGNMENT {
        return Cow::Borrowed(object);
    }
    let mut body = object.body();
    let mut found = false;
    let localities = body["resource"]["endpoints"].as_array_mut().into_iter().flatten();
    for endpoint in localities.filter_map(|locality| locality["lb_endpoints"].as_array_mut()).flatten() {
        let address = endpoint["endpoint"]["address"]["socket_address"]["address"].as_str().and_then(|text| text.parse().ok());
        if address.is_some_and(|address: IpAddr| away.contains(&address)) {
            endpoint["health_status"] = Value::from("UNHEALTHY");
            found = true;
        }
    }
    if !found {
        return Cow::Borrowed(object);
    }
    Cow::Owned(RenderedObject::plain(object.id.clone(), &body, object.sources.clone(), Vec::new()))
}

#[cfg(test)]
mod tests {
    use meshglot_translator::render::ObjectId;
    use serde_json::json;

    use super::*;

    fn named(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn who_is_not_connected_for_a_while_is_away() {
        let address = |last: u8| IpAddr::from([192, 0, 2, last]);
        let workloads = BTreeMap::from([("bank/a".to_owned(), address(1)), ("bank/b".to_owned(), address(2))]);
        let began = Instant::now();
        let mut presence = Presence::default();
        assert_eq!(presence.look(began, &workloads, &named(&["bank/a"])), BTreeSet::new());
        let at = |seconds| began + Duration::from_secs(seconds);
        assert_eq!(presence.look(at(39), &workloads, &named(&["bank/a"])), BTreeSet::new(), "a start is no reason");
        assert_eq!(presence.look(at(40), &workloads, &named(&["bank/a"])), [address(2)].into());
        assert_eq!(presence.look(at(60), &workloads, &named(&["bank/b"])), BTreeSet::new(), "it is back");
        assert_eq!(presence.look(at(80), &workloads, &named(&["bank/b"])), [address(1)].into());
        let one = BTreeMap::from([("bank/b".to_owned(), address(2))]);
        assert_eq!(presence.look(at(81), &one, &named(&["bank/b"])), BTreeSet::new());
        assert_eq!(presence.look(at(82), &workloads, &named(&["bank/b"])), BTreeSet::new(), "one that is new has its time");
    }

    #[test]
    fn an_endpoint_that_is_away_is_unhealthy() {
        let id = ObjectId {
            api_version: ASSIGNMENT.to_owned(),
            kind: "ClusterLoadAssignment".to_owned(),
            namespace: "shared".to_owned(),
            name: "bank/ledger/80".to_owned(),
        };
        let endpoint = |address: &str| json!({ "endpoint": { "address": { "socket_address": { "address": address, "port_value": 80 } } } });
        let body = json!({ "workload": "shared", "resource": { "endpoints": [{ "lb_endpoints": [endpoint("192.0.2.1"), endpoint("192.0.2.2")] }] } });
        let object = RenderedObject::plain(id, &body, Vec::new(), Vec::new());
        let marked = with_health(std::slice::from_ref(&object), &[IpAddr::from([192, 0, 2, 2])].into());
        let body = marked[0].body();
        let health = |at: usize| body["resource"]["endpoints"][0]["lb_endpoints"][at]["health_status"].clone();
        assert_eq!((health(0), health(1)), (Value::Null, Value::from("UNHEALTHY")));
    }
}
