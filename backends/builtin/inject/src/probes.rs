//! Probes of the kubelet, which has no identity of the mesh: the sidecar asks the application in its place.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::PROBES_PORT;

/// The kinds of probes that a container has.
const KINDS: [&str; 3] = ["startupProbe", "readinessProbe", "livenessProbe"];

/// What the sidecar asks the application when the kubelet asks it: `CONTAINER/KIND=PORT/PATH`, or `CONTAINER/KIND=PORT` where a
/// connection suffices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// `CONTAINER/KIND`; the kubelet asks at `/probe/CONTAINER/KIND`.
    pub name: String,
    /// Port of the application.
    pub port: u16,
    /// Path with its query, which begins with `/`; `None`: a connection to the port suffices.
    pub path: Option<String>,
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}{}", self.name, self.port, self.path.as_deref().unwrap_or_default())
    }
}

impl FromStr for Probe {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no CONTAINER/KIND=PORT/PATH or CONTAINER/KIND=PORT");
        let (name, target) = text.split_once('=').ok_or_else(wrong)?;
        let (port, path) = target.find('/').map_or((target, None), |at| (&target[..at], Some(target[at..].to_owned())));
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
        if name.is_empty() { Err(wrong()) } else { Ok(Self { name: name.to_owned(), port, path }) }
    }
}

/// Sends the probes of all containers to the sidecar; those that it cannot ask stay, and a note names them. Probes of `left` ports stay.
pub(crate) fn redirected(spec: &mut Value, left: &[u16], notes: &mut Vec<String>) -> Vec<Probe> {
    let mut probes = Vec::new();
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            of_container(container, left, &mut probes, notes);
        }
    }
    probes
}

fn of_container(container: &mut Value, left: &[u16], probes: &mut Vec<Probe>, notes: &mut Vec<String>) {
    let name = container["name"].as_str().unwrap_or_default().to_owned();
    let ports = container["ports"].clone();
    for kind in KINDS {
        let Some(probe) = container.get_mut(kind).filter(|probe| probe.is_object()) else { continue };
        let short = format!("{name}/{}", kind.trim_end_matches("Probe"));
        // Another host, or a command in the container, is none of ours.
        let port = ["httpGet", "tcpSocket", "grpc"].iter().find_map(|way| number(&probe[*way]["port"], &ports));
        if port.is_some_and(|port| left.contains(&port)) || ["httpGet", "tcpSocket"].iter().any(|way| probe[*way]["host"].is_string()) {
            continue;
        }
        let (is_http, is_tcp) = (probe["httpGet"].is_object(), probe["tcpSocket"].is_object());
        let is_plain = probe["httpGet"]["scheme"].as_str().is_none_or(|scheme| scheme == "HTTP");
        match port {
            Some(port) if is_tcp || (is_http && is_plain) => {
                let path = probe["httpGet"]["path"].as_str().unwrap_or("/");
                let path = is_http.then(|| if path.starts_with('/') { path.to_owned() } else { format!("/{path}") });
                ask_us(probe, &short);
                probes.push(Probe { name: short, port, path });
            }
            _ if probe["exec"].is_object() => {}
            _ => notes
                .push(format!("{short}: the sidecar does not ask by gRPC, TLS or an unknown port, and a strict mesh refuses the kubelet")),
        }
    }
}

/// Headers stay: the sidecar passes them on.
fn ask_us(probe: &mut Value, name: &str) {
    let mut get = json!({ "port": PROBES_PORT, "path": format!("/probe/{name}") });
    if let Some(headers) = probe["httpGet"].get("httpHeaders") {
        get["httpHeaders"] = headers.clone();
    }
    if let Some(fields) = probe.as_object_mut() {
        fields.remove("tcpSocket");
        fields.insert("httpGet".to_owned(), get);
    }
}

/// A port by its number or by the name that its container declares.
fn number(port: &Value, declared: &Value) -> Option<u16> {
    let named = |name: &str| declared.as_array()?.iter().find(|one| one["name"] == name)?["containerPort"].as_u64();
    port.as_u64().or_else(|| named(port.as_str()?)).and_then(|port| u16::try_from(port).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(probe: &Value) -> Value {
        json!({ "containers": [{ "name": "main", "ports": [{ "name": "web", "containerPort": 8080 }], "readinessProbe": probe }] })
    }

    #[test]
    fn the_kubelet_asks_the_sidecar_with_its_own_headers_and_pace() {
        let headers = json!([{ "name": "Host", "value": "shop" }]);
        let mut spec = container(&json!({ "periodSeconds": 3, "httpGet": { "port": "web", "path": "/ok?deep", "httpHeaders": headers } }));
        let probes = redirected(&mut spec, &[], &mut Vec::new());
        assert_eq!(probes.iter().map(Probe::to_string).collect::<Vec<_>>(), ["main/readiness=8080/ok?deep"]);
        let asks = json!({ "periodSeconds": 3, "httpGet": { "port": 15022, "path": "/probe/main/readiness", "httpHeaders": headers } });
        assert_eq!(spec["containers"][0]["readinessProbe"], asks);
    }

    #[test]
    fn what_cannot_be_asked_stays_and_is_named() {
        for probe in [json!({ "grpc": { "port": 8080 } }), json!({ "httpGet": { "port": "web", "scheme": "HTTPS" } })] {
            let (mut spec, mut notes) = (container(&probe), Vec::new());
            assert_eq!(redirected(&mut spec, &[], &mut notes), []);
            assert_eq!((spec, notes.len()), (container(&probe), 1));
            // A port outside the mesh is asked by the kubelet itself.
            let mut notes = Vec::new();
            assert_eq!((redirected(&mut container(&probe), &[8080], &mut notes), notes.len()), (Vec::new(), 0));
        }
    }

    #[test]
    fn a_probe_is_read_as_it_is_written() {
        for text in ["main/liveness=8080/a=b?c", "db/startup=5432"] {
            assert_eq!(text.parse().map(|probe: Probe| probe.to_string()), Ok(text.to_owned()));
        }
        for text in ["main/liveness", "=1/", "main/liveness=0/x", "main/liveness=http/x"] {
            assert!(text.parse::<Probe>().is_err(), "{text}");
        }
    }
}
