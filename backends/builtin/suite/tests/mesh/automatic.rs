//! A port of which nobody says what it speaks.

use super::policy::{account, connections, default, group, ports, read, requests, split, target};
use super::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    let scenario = Scenario::new;
    vec![
        scenario(
            "automatic/requests and bytes share a port",
            "",
            &[
                "web GET api:83/ -> 200 api",
                "web TCP api:83 -> echo api",
                "legacy GET !api:8083/ -> 200 api",
                "legacy TCP !api:8083 -> echo api",
            ],
        ),
        scenario(
            "automatic/a rule of requests leaves no way for bytes",
            &read(),
            &[
                "web GET api:83/users/1 -> 200 api",
                "web GET api:83/other -> 403",
                "batch GET api:83/users/1 -> 403",
                "web TCP api:83 -> closed",
                "legacy GET !api:8083/users/1 -> 403",
            ],
        ),
        scenario(
            "automatic/a rule of connections lets both in",
            &(target("web-to-api", "api", &account("web"), &connections("auto")) + &ports("auto", "83")),
            &[
                "web GET api:83/any -> 200 api",
                "web TCP api:83 -> echo api",
                "batch GET api:83/any -> 403",
                "batch TCP api:83 -> closed",
                "legacy TCP !api:8083 -> closed",
            ],
        ),
        scenario(
            "automatic/calls of gRPC are known for requests",
            &(default("deny")
                + &target("web-to-api", "api", &account("web"), &requests("cart", ""))
                + &group("cart", "{name: cart, pathRegex: '/shop\\.Cart/'}")),
            &[
                "web GRPC api:84/shop.Cart/Get -> 0 api",
                "web STREAM api:84/shop.Cart/Watch -> 0 api (3 messages)",
                "web GRPC api:84/shop.Till/Get -> 7",
                "batch GRPC api:84/shop.Cart/Get -> 7",
                "legacy GRPC !api:8084/shop.Cart/Get -> 7",
            ],
        ),
        scenario(
            "automatic/calls of gRPC pass without a rule",
            "",
            &["web GRPC api:84/shop.Cart/Get -> 0 api", "legacy STREAM !api:8084/shop.Till/Watch -> 0 api (3 messages)"],
        ),
        scenario(
            "automatic/a split of other ports leaves it alone",
            &split(&[("api-v2", 1)], ""),
            &["web GET api:83/ -> 200 api", "web TCP api:83 -> echo api", "web GET api:80/ -> 200 api-v2"],
        ),
    ]
}
