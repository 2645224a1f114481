//! Who may call: accounts, namespaces, bindings, and identities that are only claimed.

use super::policy::{account, default, object, read, requests, target, users};
use super::scenario::Scenario;

/// `api` may be read by whom a binding names.
fn bound(schemes: &str) -> String {
    let partner = "{apiGroup: access.smi-spec.io, kind: IdentityBinding, name: partner}";
    target("partner-to-api", "api", partner, &requests("users", "read"))
        + &users()
        + &object("access.smi-spec.io/v1alpha4", "IdentityBinding", "partner", &format!("schemes: {{{schemes}}}"))
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let scenario = Scenario::new;
    let of_ops = "{kind: ServiceAccount, name: web, namespace: ops}";
    let into_ops = target("web-to-ops", "web", &account("web"), &requests("users", "read"))
        .replace("namespace: shop}, sources", "namespace: ops}, sources");
    vec![
        scenario(
            "identities/several sources",
            &(target("two-to-api", "api", &format!("{}, {}", account("web"), account("db")), &requests("users", "read")) + &users()),
            &["web GET api:80/users/1 -> 200 api", "db GET api:80/users/1 -> 200 api", "batch GET api:80/users/1 -> 403"],
        ),
        scenario(
            "identities/an account of the same name elsewhere is somebody else",
            &read(),
            &["web GET api:80/users/1 -> 200 api", "ops GET api:80/users/1 -> 403"],
        ),
        scenario(
            "identities/a source of another namespace",
            &(target("ops-to-api", "api", of_ops, &requests("users", "read")) + &users()),
            &["ops GET api:80/users/1 -> 200 api", "ops POST api:80/users/1 -> 403", "web GET api:80/users/1 -> 403"],
        ),
        scenario(
            "identities/a destination of another namespace takes its own rules",
            &format!(
                "{}{}",
                into_ops.replace("namespace: shop}, spec", "namespace: ops}, spec"),
                users().replace("namespace: shop", "namespace: ops")
            ),
            &[
                "web GET ops:80/users/1 -> 200 ops",
                "batch GET ops:80/users/1 -> 403",
                "web GET ops:80/other -> 403",
                "ops GET web:80/ -> 200 web",
            ],
        ),
        scenario(
            "identities/two accounts behind one Service are closed one by one",
            &(target("web-to-a", "pool-a", &account("web"), &requests("users", "all")) + &users()),
            &["web GET pool:80/ -> 200 pool-a|pool-b", "batch GET pool:80/ -> 200 pool-b|403"],
        )
        .shared("batch GET pool:80/ -> 200 pool-b|403", 200, &[("pool-b", 0.5), ("403", 0.5)]),
        scenario(
            "identities/by SPIFFE ID",
            &bound("spiffeIdentities: ['spiffe://cluster.local/ns/ops/sa/web']"),
            &["ops GET api:80/users/1 -> 200 api", "web GET api:80/users/1 -> 403", "batch GET api:80/users/1 -> 403"],
        ),
        scenario(
            "identities/by an account's name",
            &bound("serviceAccount: batch"),
            &["batch GET api:80/users/1 -> 200 api", "web GET api:80/users/1 -> 403", "ops GET api:80/users/1 -> 403"],
        ),
        scenario(
            "identities/by the labels of pods",
            &bound("podLabelSelector: {matchLabels: {service: pool}}"),
            &["pool-a GET api:80/users/1 -> 200 api", "pool-b GET api:80/users/1 -> 200 api", "web GET api:80/users/1 -> 403"],
        ),
        scenario(
            "identities/claims in headers are none",
            &read(),
            &[
                "batch GET api:80/users/1 [x-forwarded-client-cert: By=spiffe://cluster.local/ns/shop/sa/api;URI=spiffe://cluster.local/ns/shop/sa/web] -> 403",
                "legacy GET !api:8080/users/1 [x-forwarded-client-cert: URI=spiffe://cluster.local/ns/shop/sa/web] -> 403",
                "batch GET api:80/users/1 [x-forwarded-for: 10.77.1.1] -> 403",
            ],
        ),
        scenario(
            "identities/a workload that calls itself needs a rule like everybody",
            &(default("deny") + &target("own", "api", &account("api"), &requests("users", "read")) + &users()),
            &["api GET api:80/users/1 -> 200 api", "web GET api:80/users/1 -> 403"],
        ),
    ]
}
