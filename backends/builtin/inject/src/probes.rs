//! Probes and hooks of the kubelet, which has no identity of the mesh: the sidecar asks the application in its place.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::PROBES_PORT;

/// Where a container says what the kubelet asks, and what we call it.
const KINDS: [(&str, &str); 5] = [
    ("/startupProbe", "startup"),
    ("/readinessProbe", "readiness"),
    ("/livenessProbe", "liveness"),
    ("/lifecycle/postStart", POST_START),
    ("/lifecycle/preStop", PRE_STOP),
];
const POST_START: &str = "postStart";
const PRE_STOP: &str = "preStop";

/// What the sidecar asks the application when the kubelet asks it: `CONTAINER/KIND=PORT` where a connection suffices,
/// `CONTAINER/KIND=PORT/PATH`, `CONTAINER/KIND=https:PORT/PATH`, or `CONTAINER/KIND=grpc:PORT[/SERVICE]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// `CONTAINER/KIND`; the kubelet asks at `/probe/CONTAINER/KIND`.
    pub name: String,
    /// Port of the application.
    pub port: u16,
    /// How it is asked.
    pub asks: Asks,
}

/// How an application is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A connection suffices.
    Connection,
    /// GET of a path with its query, which begins with `/`.
    Http(String),
    /// The same over TLS, whoever the certificate is of.
    Https(String),
    /// `grpc.health.v1.Health/Check` of a service; empty: of the whole server.
    Grpc(String),
}

impl Probe {
    /// Whether it is a hook of the container's life: any answer will do, none is a failure.
    pub fn is_hook(&self) -> bool {
        self.name.rsplit_once('/').is_some_and(|(_, kind)| kind == POST_START || kind == PRE_STOP)
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, port, asks } = self;
        match asks {
            Asks::Connection => write!(f, "{name}={port}"),
            Asks::Http(path) => write!(f, "{name}={port}{path}"),
            Asks::Https(path) => write!(f, "{name}=https:{port}{path}"),
            Asks::Grpc(service) if service.is_empty() => write!(f, "{name}=grpc:{port}"),
            Asks::Grpc(service) => write!(f, "{name}=grpc:{port}/{service}"),
        }
    }
}

impl FromStr for Probe {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no CONTAINER/KIND=[https:|grpc:]PORT[/PATH]");
        let (name, target) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
        let (is_tls, is_grpc) = (target.strip_prefix("https:"), target.strip_prefix("grpc:"));
        let place = is_tls.or(is_grpc).unwrap_or(target);
        let (port, path) = place.find('/').map_or((place, None), |at| (&place[..at], Some(&place[at..])));
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
        let asks = match path {
            Some(path) if is_grpc.is_some() => Asks::Grpc(path[1..].to_owned()),
            Some(path) if is_tls.is_some() => Asks::Https(path.to_owned()),
            Some(path) => Asks::Http(path.to_owned()),
            None if is_grpc.is_some() => Asks::Grpc(String::new()),
            None if is_tls.is_some() => return Err(wrong()),
            None => Asks::Connection,
        };
        Ok(Self { name: name.to_owned(), port, asks })
    }
}

/// Sends what the kubelet asks of all containers to the sidecar. What goes to a port that nobody declares stays, and a note names it;
/// what goes to `left` ports stays, too.
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
    let (container_name, ports) = (container["name"].as_str().unwrap_or_default().to_owned(), container["ports"].clone());
    for (pointer, kind) in KINDS {
        let Some(handler) = container.pointer_mut(pointer) else { continue };
        let Some((port, asks)) = asked(handler) else { continue };
        let name = format!("{container_name}/{kind}");
        match number(port, &ports) {
            Some(port) if left.contains(&port) => {}
            Some(port) => {
                ask_us(handler, &name);
                probes.push(Probe { name, port, asks });
            }
            None => notes.push(format!("{name}: the port {port} is none that the container declares, so that the kubelet asks by itself")),
        }
    }
}

/// What the application is asked, and the port as it is written; `None`: a command, or another host, which are none of ours.
fn asked(handler: &Value) -> Option<(&Value, Asks)> {
    let here = |way: &str| handler.get(way).filter(|way| way.is_object() && !way["host"].is_string());
    if let Some(get) = here("httpGet") {
        let path = get["path"].as_str().unwrap_or("/");
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        return Some((&get["port"], if get["scheme"] == "HTTPS" { Asks::Https(path) } else { Asks::Http(path) }));
    }
    if let Some(socket) = here("tcpSocket") {
        return Some((&socket["port"], Asks::Connection));
    }
    let grpc = here("grpc")?;
    Some((&grpc["port"], Asks::Grpc(grpc["service"].as_str().unwrap_or_default().to_owned())))
}

/// Headers stay: the sidecar passes them on.
fn ask_us(handler: &mut Value, name: &str) {
    let mut get = json!({ "port": PROBES_PORT, "path": format!("/probe/{name}") });
    if let Some(headers) = handler["httpGet"].get("httpHeaders") {
        get["httpHeaders"] = headers.clone();
    }
    if let Some(fields) = handler.as_object_mut() {
        fields.retain(|field, _| !["tcpSocket", "grpc"].contains(&field.as_str()));
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
    use test_case::test_case;

    use super::*;

    fn container(field: &str, handler: &Value) -> Value {
        json!({ "containers": [{ "name": "main", "ports": [{ "name": "web", "containerPort": 8080 }], field: handler }] })
    }

    #[test]
    fn the_kubelet_asks_the_sidecar_with_its_own_headers_and_pace() {
        let headers = json!([{ "name": "Host", "value": "shop" }]);
        let get = json!({ "periodSeconds": 3, "httpGet": { "port": "web", "path": "/ok?deep", "httpHeaders": headers } });
        let mut spec = container("readinessProbe", &get);
        let probes = redirected(&mut spec, &[], &mut Vec::new());
        assert_eq!(probes.iter().map(Probe::to_string).collect::<Vec<_>>(), ["main/readiness=8080/ok?deep"]);
        let asks = json!({ "periodSeconds": 3, "httpGet": { "port": 15022, "path": "/probe/main/readiness", "httpHeaders": headers } });
        assert_eq!(spec["containers"][0]["readinessProbe"], asks);
    }

    #[test_case("livenessProbe", &json!({ "tcpSocket": { "port": 8080 } }), "main/liveness=8080" ; "a connection")]
    #[test_case("startupProbe", &json!({ "httpGet": { "port": "web", "scheme": "HTTPS" } }), "main/startup=https:8080/" ; "over tls")]
    #[test_case("readinessProbe", &json!({ "grpc": { "port": 8080 } }), "main/readiness=grpc:8080" ; "a server by grpc")]
    #[test_case("readinessProbe", &json!({ "grpc": { "port": 8080, "service": "shop.Cart" } }), "main/readiness=grpc:8080/shop.Cart" ; "a service by grpc")]
    fn each_way_of_asking_becomes_a_get_of_the_sidecar(field: &str, handler: &Value, text: &str) {
        let (mut spec, mut notes) = (container(field, handler), Vec::new());
        let probes = redirected(&mut spec, &[], &mut notes);
        assert_eq!((probes.iter().map(Probe::to_string).collect::<Vec<_>>(), notes), (vec![text.to_owned()], Vec::new()));
        let name = text.split_once('=').map_or("", |(name, _)| name);
        assert_eq!(spec["containers"][0][field], json!({ "httpGet": { "port": 15022, "path": format!("/probe/{name}") } }));
        assert!(!probes[0].is_hook());
        // A port outside the mesh is asked by the kubelet itself.
        let mut spec = container(field, handler);
        assert_eq!((redirected(&mut spec, &[8080], &mut Vec::new()), spec), (Vec::new(), container(field, handler)));
    }

    #[test]
    fn hooks_of_a_life_go_the_same_way_and_commands_stay() {
        let stop = json!({ "httpGet": { "port": "web", "path": "drain" } });
        let mut spec = container("lifecycle", &json!({ "postStart": { "exec": { "command": ["warm"] } }, "preStop": stop }));
        let probes = redirected(&mut spec, &[], &mut Vec::new());
        assert_eq!(
            probes.iter().map(|probe| (probe.to_string(), probe.is_hook())).collect::<Vec<_>>(),
            [("main/preStop=8080/drain".to_owned(), true)]
        );
        let stop = json!({ "httpGet": { "port": 15022, "path": "/probe/main/preStop" } });
        assert_eq!(spec["containers"][0]["lifecycle"], json!({ "postStart": { "exec": { "command": ["warm"] } }, "preStop": stop }));
    }

    #[test]
    fn what_cannot_be_asked_stays_and_is_named() {
        let probe = json!({ "httpGet": { "port": "admin" } });
        let (mut spec, mut notes) = (container("readinessProbe", &probe), Vec::new());
        assert_eq!(redirected(&mut spec, &[], &mut notes), []);
        assert_eq!(spec, container("readinessProbe", &probe));
        assert_eq!(notes, ["main/readiness: the port \"admin\" is none that the container declares, so that the kubelet asks by itself"]);
        // Another host is none of ours.
        let probe = json!({ "tcpSocket": { "port": 53, "host": "192.0.2.1" } });
        let (mut spec, mut notes) = (container("readinessProbe", &probe), Vec::new());
        assert_eq!((redirected(&mut spec, &[], &mut notes), notes.len()), (Vec::new(), 0));
    }

    #[test]
    fn a_probe_is_read_as_it_is_written() {
        for text in
            ["main/liveness=8080/a=b?c:d", "db/startup=5432", "a/readiness=https:8443/", "b/readiness=grpc:9000", "b/startup=grpc:9000/x.Y"]
        {
            assert_eq!(text.parse().map(|probe: Probe| probe.to_string()), Ok(text.to_owned()));
        }
        for text in
            ["main/liveness", "=1/", "main/liveness=0/x", "main/liveness=http/x", "main/liveness=https:8443", "main/liveness=ftp:21/"]
        {
            assert!(text.parse::<Probe>().is_err(), "{text}");
        }
    }
}
