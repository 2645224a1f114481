//! What a kube-apiserver is started with.

use std::net::SocketAddr;
use std::path::Path;

use crate::certificates::{AGGREGATOR, Certificates};

/// The words of one. `more` come last: of a flag that is given twice the last counts.
pub(crate) fn flags(folder: &Path, address: SocketAddr, etcd: &str, certificates: &Certificates, more: &[String]) -> Vec<String> {
    let file = |path: &Path| path.display().to_string();
    let [serving, serving_key] = certificates.serving();
    let [aggregator, aggregator_key] = certificates.aggregator();
    let flags = [
        ("etcd-servers", etcd.to_owned()),
        ("bind-address", address.ip().to_string()),
        ("secure-port", address.port().to_string()),
        // The port is held by this process, so that it is the same after a restart.
        ("permit-port-sharing", "true".to_owned()),
        ("cert-dir", file(&folder.join("run"))),
        ("tls-cert-file", file(&serving)),
        ("tls-private-key-file", file(&serving_key)),
        ("token-auth-file", file(&folder.join("tokens.csv"))),
        ("authorization-mode", "RBAC".to_owned()),
        ("service-account-issuer", "https://kubernetes.default.svc".to_owned()),
        ("service-account-key-file", file(&certificates.account_public())),
        ("service-account-signing-key-file", file(&certificates.account_key())),
        // A Pod's account is made by its test or not at all: there is no controller that makes `default`.
        ("disable-admission-plugins", "ServiceAccount".to_owned()),
        ("service-cluster-ip-range", "10.96.0.0/16".to_owned()),
        // What a server advertises has to be no loopback address; nobody follows it.
        ("advertise-address", "192.0.2.1".to_owned()),
        ("endpoint-reconciler-type", "none".to_owned()),
        ("requestheader-client-ca-file", file(&certificates.aggregation())),
        ("requestheader-allowed-names", AGGREGATOR.to_owned()),
        ("requestheader-username-headers", "X-Remote-User".to_owned()),
        ("requestheader-group-headers", "X-Remote-Group".to_owned()),
        ("requestheader-extra-headers-prefix", "X-Remote-Extra-".to_owned()),
        ("proxy-client-cert-file", file(&aggregator)),
        ("proxy-client-key-file", file(&aggregator_key)),
        // By endpoints (`true`) it could call no extension API server of this machine: they may not be of 127.0.0.0/8. So it goes by
        // the Service, which a test makes of the type ExternalName, for `localhost`.
        ("enable-aggregator-routing", "false".to_owned()),
        ("shutdown-delay-duration", "0s".to_owned()),
    ];
    flags.into_iter().map(|(name, value)| format!("--{name}={value}")).chain(more.iter().cloned()).collect()
}
