//! Ports that the application serves, and ports that are left out of the mesh.

use serde_json::Value;

use crate::template::InjectError;
use crate::{LOOK_PORT, METRICS_PORT, PROBES_PORT};

/// Annotation: calls of others to these ports do not go through the proxy.
pub(crate) const EXCLUDE_INBOUND: &str = "meshglot.dev/exclude-inbound-ports";

/// Annotation: calls of the pod to these ports do not go through the proxy.
pub(crate) const EXCLUDE_OUTBOUND: &str = "meshglot.dev/exclude-outbound-ports";

/// Names are asked over TCP where an answer is long; whoever asks may not wait for a proxy.
const DNS: u16 = 53;

/// Which connections are captured.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ports {
    /// What containers declare, TCP alone.
    pub(crate) served: Vec<u16>,
    /// Left alone on the way in, the sidecar's own among them.
    pub(crate) leave: Vec<u16>,
    /// Left alone on the way out.
    pub(crate) leave_outbound: Vec<u16>,
}

impl Ports {
    pub(crate) fn of(template: &Value) -> Result<Self, InjectError> {
        let mut leave = excluded(template, EXCLUDE_INBOUND)?;
        leave.extend([METRICS_PORT, PROBES_PORT, LOOK_PORT]);
        let mut leave_outbound = excluded(template, EXCLUDE_OUTBOUND)?;
        leave_outbound.push(DNS);
        let served = containers(template).flat_map(|container| items(&container["ports"])).filter_map(tcp);
        Ok(Self {
            served: sorted(served.filter(|port| !leave.contains(port)).collect()),
            leave: sorted(leave),
            leave_outbound: sorted(leave_outbound),
        })
    }
}

/// The application's containers, those among the init containers that stay besides.
pub(crate) fn containers(template: &Value) -> impl Iterator<Item = &Value> {
    let stays = |container: &&Value| container["restartPolicy"] == "Always";
    items(&template["spec"]["containers"]).chain(items(&template["spec"]["initContainers"]).filter(stays))
}

pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The number of a declared port; none of one that is not TCP.
fn tcp(port: &Value) -> Option<u16> {
    let is_tcp = port["protocol"].as_str().is_none_or(|protocol| protocol == "TCP");
    port["containerPort"].as_u64().and_then(|number| u16::try_from(number).ok()).filter(|_| is_tcp)
}

/// The ports of an annotation: `25,3306`.
pub(crate) fn excluded(template: &Value, annotation: &'static str) -> Result<Vec<u16>, InjectError> {
    let Some(text) = template["metadata"]["annotations"][annotation].as_str() else { return Ok(Vec::new()) };
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let port = |word: &str| word.parse().ok().filter(|port| *port != 0);
    words.map(|word| port(word).ok_or_else(|| InjectError::Port { annotation, word: word.to_owned() })).collect()
}

fn sorted(mut ports: Vec<u16>) -> Vec<u16> {
    ports.sort_unstable();
    ports.dedup();
    ports
}
