//! What Linkerd takes a Service port for: its `appProtocol`, else the lists of opaque ports. Port names mean
//! nothing to it.
//!
//! Source: <https://linkerd.io/2/features/protocol-detection/>; linkerd2 `policy-controller/core/src/outbound.rs`
//! (`AppProtocol`), `policy-controller/k8s/index/src/{outbound/index,ports}.rs`, `pkg/inject/inject.go`.

use meshglot_translator::ir::{MeshSettings, Namespace, PortTarget, Service, ServicePort};

/// How the caller's proxy carries the connections of a port, which decides the kind of route that it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carriage {
    /// As HTTP, declared: reads HTTPRoutes. A TCPRoute is accepted, and dead.
    Http,
    /// As bytes: reads TCPRoutes. An HTTPRoute is accepted, dead, and pushes the TCPRoute out.
    Opaque,
    /// Each connection by its first bytes. Where the port has an HTTPRoute, only HTTP is routed; where it has
    /// a TCPRoute alone, that routes every connection, HTTP included.
    Detected,
}

const OPAQUE_PORTS: &str = "config.linkerd.io/opaque-ports";

/// How Linkerd carries a port of a Service.
pub(crate) fn carriage(port: &ServicePort, service: &Service, namespace: &Namespace, mesh: &MeshSettings) -> Carriage {
    match port.app_protocol.as_deref() {
        // It wins over the lists of opaque ports.
        Some(word) if is_http(word) => Carriage::Http,
        // `linkerd.io/opaque` and `linkerd.io/tcp`, but also every word that Linkerd does not know.
        Some(_) => Carriage::Opaque,
        None if is_listed(port, service, namespace, mesh) => Carriage::Opaque,
        None => Carriage::Detected,
    }
}

fn is_http(app_protocol: &str) -> bool {
    ["http", "kubernetes.io/h2c"].iter().any(|known| app_protocol.eq_ignore_ascii_case(known))
}

/// The annotation of the Service replaces that of the Namespace, and both replace the installation's list: the
/// injector copies the one that counts to a Service when it is created.
fn is_listed(port: &ServicePort, service: &Service, namespace: &Namespace, mesh: &MeshSettings) -> bool {
    if let Some(list) = service.annotations.get(OPAQUE_PORTS).or_else(|| namespace.annotations.get(OPAQUE_PORTS)) {
        return lists(list, port.number);
    }
    // Of the installation's list the injector copies the ports that lead to a listed container port. If there
    // is none it copies nothing, and then the policy controller compares the Service's own port.
    let leads_there = |port: &ServicePort| matches!(port.target, PortTarget::Number(target) if mesh.linkerd_opaque_ports.contains(&target));
    if service.ports.iter().any(leads_there) { leads_there(port) } else { mesh.linkerd_opaque_ports.contains(&port.number) }
}

/// Whether a list such as `25,3306,5000-5010` has a port. One that Linkerd cannot read is empty for it.
fn lists(list: &str, port: u16) -> bool {
    let number = |text: &str| text.trim().parse::<u16>().ok().filter(|number| *number > 0);
    let mut found = false;
    for part in list.split(',').filter(|part| !part.trim().is_empty()) {
        let range = match part.split_once('-') {
            Some((low, high)) => number(low).zip(number(high)),
            None => number(part).map(|number| (number, number)),
        };
        match range {
            Some((low, high)) if low <= high => found |= (low..=high).contains(&port),
            _ => return false,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("http", true ; "http")]
    #[test_case("HTTP", true ; "any case")]
    #[test_case("kubernetes.io/h2c", true ; "http2 without tls")]
    #[test_case("grpc", false ; "grpc is unknown")]
    #[test_case("http2", false ; "so is http2")]
    #[test_case("kubernetes.io/ws", false ; "and websocket")]
    #[test_case("", false ; "and nothing")]
    fn app_protocol(word: &str, want: bool) {
        assert_eq!(is_http(word), want);
    }

    #[test_case("3306", true ; "one")]
    #[test_case("25, 3306", true ; "blank")]
    #[test_case("3300-3310", true ; "range")]
    #[test_case("3306-", false ; "half a range")]
    #[test_case("3306,mysql", false ; "a name makes the whole list empty")]
    #[test_case("3310-3300", false ; "backward range")]
    #[test_case("0,3306", false ; "zero")]
    #[test_case("3306,", true ; "empty part")]
    #[test_case("", false ; "empty")]
    fn opaque_list(list: &str, want: bool) {
        assert_eq!(lists(list, 3306), want);
    }
}
