//! Paths that a rule and an application could read differently.

use super::scenario::Scenario;

const USERS: &str = "\
---
{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {name: web-to-api, namespace: shop}, spec: {destination: {kind: ServiceAccount, name: api, namespace: shop}, rules: [{kind: HTTPRouteGroup, name: users}], sources: [{kind: ServiceAccount, name: web, namespace: shop}]}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: users, namespace: shop}, spec: {matches: [{name: users, pathRegex: /users/}]}}
";

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "paths/other spellings of a path that is allowed",
            USERS,
            &[
                "web GET api:80/users/./42 -> 200 api",
                "web GET api:80/users/../users/42 -> 200 api",
                "web GET api:80/%75sers/4%32 -> 200 api",
                "web GET api:80/users/42;x=y -> 200 api",
                "web GET api:80/users/42%252f -> 200 api",
            ],
        ),
        Scenario::new(
            "paths/ways out of a path that is allowed",
            USERS,
            &[
                "web GET api:80/users/42/../../internal -> 403",
                "web GET api:80/users/42/%2e%2e/%2E./internal -> 403",
                "web GET api:80/users/../internal -> 403",
                "web GET api:80/internal -> 403",
            ],
        ),
        Scenario::new(
            "paths/ambiguous ones are nobody's",
            USERS,
            &[
                "web GET api:80//users/42 -> 400",
                "web GET api:80/users//42 -> 400",
                "web GET api:80/users/42// -> 400",
                "web GET api:80/users%2f42 -> 400",
                "web GET api:80/users/%5c42 -> 400",
                "web GET api:80/users/%00 -> 400",
                "web GET api:80/users/%zz -> 400",
                "batch GET api:80//users/42 -> 400",
            ],
        ),
        Scenario::new(
            "paths/a query decides nothing",
            USERS,
            &["web GET api:80/users/1?a=//%2f%5c -> 200 api", "web GET api:80/internal?/users/ -> 403"],
        ),
    ]
}
