//! What a pod says of its sidecar, and the way there.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use meshglot_control::{Caller, TrustDomain};
use meshglot_inject::PROXY;
use meshglot_traffic::{Connecting, Stream, Way};

/// What is known of a sidecar by its pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sidecar {
    /// `NAMESPACE/NAME`.
    pub(super) workload: String,
    namespace: String,
    account: String,
    /// Where it lets the control plane look; `None`: it does not.
    port: Option<u16>,
}

/// `None`: the pod has none. Whoever makes a pod says what its sidecar is called, and cannot say in whose namespace it is.
pub(super) fn sidecar(pod: &Pod) -> Option<Sidecar> {
    let spec = pod.spec.as_ref()?;
    let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    let container = containers.into_iter().find(|container| container.name == PROXY)?;
    let args = container.args.as_deref().unwrap_or_default();
    let word = |flag: &str| args.iter().skip_while(|word| **word != flag).nth(1);
    let namespace = pod.namespace()?;
    let name = word("--workload")?.rsplit('/').next()?;
    let port = word("--look").and_then(|address| address.parse::<SocketAddr>().ok()).map(|address| address.port());
    let account = spec.service_account_name.clone().unwrap_or_else(|| "default".to_owned());
    Some(Sidecar { workload: format!("{namespace}/{name}"), namespace, account, port })
}

/// The ways of a control plane to sidecars.
#[derive(Clone)]
pub(super) struct Ways {
    pub(super) caller: Caller,
    pub(super) trust_domain: TrustDomain,
}

impl Ways {
    /// To the sidecar of the pod at this address.
    pub(super) fn to(&self, sidecar: &Sidecar, address: IpAddr) -> Arc<dyn Way> {
        let Sidecar { namespace, account, port, .. } = sidecar;
        let Some(port) = port else { return Arc::new(Closed) };
        let id = format!("spiffe://{}/ns/{namespace}/sa/{account}", self.trust_domain);
        Arc::new(Open { caller: self.caller.clone(), address: SocketAddr::new(address, *port), id: id.into() })
    }
}

/// One that can be looked at.
struct Open {
    caller: Caller,
    address: SocketAddr,
    id: Arc<str>,
}

impl Way for Open {
    fn connect(&self) -> Connecting {
        let (caller, address, id) = (self.caller.clone(), self.address, self.id.clone());
        Box::pin(async move { Ok(Box::new(caller.call(address, &id).await?) as Box<dyn Stream>) })
    }
}

/// One that cannot.
struct Closed;

impl Way for Closed {
    fn connect(&self) -> Connecting {
        Box::pin(async { Err(io::Error::other("its sidecar is of a version that cannot be looked at: start the pod again")) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(init: Value) -> Pod {
        let spec = json!({"serviceAccountName": "reviews", "containers": [{"name": "main"}], "initContainers": init});
        serde_json::from_value(json!({"metadata": {"namespace": "bookshop", "name": "reviews-v1-x"}, "spec": spec})).expect("a pod")
    }

    fn with(args: &[&str]) -> Option<Sidecar> {
        sidecar(&pod(json!([{"name": "meshglot-proxy", "args": args}])))
    }

    #[test]
    fn what_a_pod_says_of_its_sidecar() {
        let own = with(&["proxy", "run", "--workload", "$(POD_NAMESPACE)/reviews-v1", "--look", "0.0.0.0:15023"]).expect("a sidecar");
        assert_eq!((own.workload.as_str(), own.port, own.account.as_str()), ("bookshop/reviews-v1", Some(15023), "reviews"));
        assert_eq!(with(&["--workload", "$(POD_NAMESPACE)/reviews-v1"]).and_then(|own| own.port), None, "an older one");
        let other = with(&["--workload", "bank/ledger", "--look", "0.0.0.0:15023"]).expect("a sidecar");
        assert_eq!(other.workload, "bookshop/ledger", "nobody counts for another namespace");
        assert_eq!(sidecar(&pod(json!([]))), None);
    }
}
