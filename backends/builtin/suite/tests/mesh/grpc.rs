//! Calls of gRPC: requests of HTTP/2 whose path is a method, and whose refusals are statuses of their own.

use super::policy::{account, default, group, requests, split, target};
use super::scenario::Scenario;

/// `web` may call what these matches take.
fn by(matches: &str) -> String {
    target("web-to-api", "api", &account("web"), &requests("some", "")) + &group("some", matches)
}

/// 90 of 100 to `api`.
fn ninety() -> String {
    split(&[("api", 90), ("api-v2", 10)], "")
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let scenario = Scenario::new;
    vec![
        scenario(
            "grpc/unary and streaming calls pass",
            "",
            &[
                "web GRPC api:82/shop.Cart/Get -> 0 api (1 messages)",
                "web STREAM api:82/shop.Cart/Watch -> 0 api (3 messages)",
                "legacy GRPC !api:8082/shop.Till/Get -> 0 api",
                "web GRPC api-v2:82/shop.Cart/Get -> 0 api-v2",
            ],
        ),
        scenario(
            "grpc/a method is allowed by its path",
            &by("{name: get, pathRegex: '/shop\\.Cart/Get$', methods: [POST]}"),
            &[
                "web GRPC api:82/shop.Cart/Get -> 0 api",
                "web GRPC api:82/shop.Cart/GetAll -> 7",
                "web GRPC api:82/shop.Till/Get -> 7",
                "web STREAM api:82/shop.Cart/Watch -> 7",
                "batch GRPC api:82/shop.Cart/Get -> 7",
                "legacy GRPC !api:8082/shop.Cart/Get -> 7",
            ],
        ),
        scenario(
            "grpc/a service is allowed with all its methods",
            &by("{name: cart, pathRegex: '/shop\\.Cart/'}"),
            &[
                "web GRPC api:82/shop.Cart/Get -> 0 api",
                "web STREAM api:82/shop.Cart/Watch -> 0 api (3 messages)",
                "web GRPC api:82/shop.Till/Get -> 7",
                "web GRPC api:82/shopXCart/Get -> 7",
            ],
        ),
        scenario(
            "grpc/a method that every call has is POST",
            &by("{name: get, methods: [GET], pathRegex: /}"),
            &["web GRPC api:82/shop.Cart/Get -> 7"],
        ),
        scenario(
            "grpc/by metadata",
            &by("{name: beta, headers: [{x-beta: 'yes'}]}"),
            &[
                "web GRPC api:82/shop.Cart/Get [x-beta: yes] -> 0 api",
                "web GRPC api:82/shop.Cart/Get -> 7",
                "web STREAM api:82/shop.Cart/Watch [x-beta: no] -> 7",
            ],
        ),
        scenario(
            "grpc/closed by default",
            &default("deny"),
            &["web GRPC api:82/shop.Cart/Get -> 7", "web STREAM api:82/shop.Cart/Watch -> 7", "legacy GRPC !api:8082/shop.Cart/Get -> 7"],
        ),
        scenario(
            "grpc/what the application answers comes through",
            "",
            &["web GRPC api:82/shop.Cart/Fail -> 5 api", "web STREAM api:82/shop.Cart/Fail -> 5 api"],
        ),
        scenario(
            "grpc/paths that two readers may take for two are nobody's",
            &by("{name: all, pathRegex: /}"),
            &["web GRPC api:82/shop.Cart//Get -> 13", "web GRPC api:82/shop.Cart/%2fGet -> 13"],
        ),
        scenario("grpc/shares by call, though all calls share a connection", &ninety(), &["web GRPC api:82/shop.Cart/Get -> 0 api|api-v2"])
            .shared("web GRPC api:82/shop.Cart/Get -> 0 api|api-v2", 300, &[("api", 0.9), ("api-v2", 0.1)])
            .shared("batch STREAM api:82/shop.Cart/Watch -> 0 api|api-v2", 200, &[("api", 0.9), ("api-v2", 0.1)]),
        scenario(
            "grpc/A/B by method",
            &(group("test", "{name: get, pathRegex: '/shop\\.Cart/Get$'}")
                + &split(&[("api-v2", 1)], ", matches: [{kind: HTTPRouteGroup, name: test}]")),
            &[
                "web GRPC api:82/shop.Cart/Get -> 0 api-v2",
                "web GRPC api:82/shop.Cart/Put -> 0 api",
                "web STREAM api:82/shop.Till/Watch -> 0 api",
            ],
        ),
        scenario(
            "grpc/a share of nobody is unavailable",
            &split(&[("api", 0), ("nobody", 1)], ""),
            &["web GRPC api:82/shop.Cart/Get -> 14", "web STREAM api:82/shop.Cart/Watch -> 14"],
        ),
    ]
}
