//! Connections whose bytes nobody looks at.

use super::policy::{account, connections, default, ports, reads, split, target};
use super::scenario::Scenario;

/// `web` may connect to these ports.
fn rule(to: &str, numbers: &str) -> String {
    target("web-connects", to, &account("web"), &connections("some")) + &ports("some", numbers)
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let scenario = Scenario::new;
    vec![
        scenario(
            "tcp/open without policy",
            "",
            &["web TCP api:9000 -> echo api", "batch TCP api:9000 -> echo api", "web LISTEN db:5432 -> banner db"],
        ),
        scenario(
            "tcp/a megabyte comes back as it was, and ends may end first",
            "",
            &["web BULK api:9000 -> echo api", "web BULK kv:6379 -> echo kv", "legacy BULK !api:9000 -> echo api"],
        ),
        scenario(
            "tcp/a rule names who may connect",
            &rule("api", "9000"),
            &[
                "web TCP api:9000 -> echo api",
                "batch TCP api:9000 -> closed",
                "legacy TCP !api:9000 -> closed",
                "ops TCP api:9000 -> closed",
            ],
        ),
        scenario("tcp/a rule names ports", &rule("api", "9000"), &["web TCP api:9000 -> echo api", "web LISTEN api:9001 -> closed"]),
        scenario(
            "tcp/a route without ports is all of them",
            &rule("api", ""),
            &[
                "web TCP api:9000 -> echo api",
                "web LISTEN api:9001 -> banner api",
                "web GET api:81/ -> 200 api",
                "batch TCP api:9000 -> closed",
            ],
        ),
        scenario(
            "tcp/the port of a destination narrows a route",
            &rule("api:9001", "9000, 9001"),
            &["web LISTEN api:9001 -> banner api", "web TCP api:9000 -> closed"],
        ),
        scenario(
            "tcp/a server that speaks first says nothing to who is refused",
            &rule("db", "5432"),
            &["web LISTEN db:5432 -> banner db", "batch LISTEN db:5432 -> closed"],
        ),
        scenario(
            "tcp/without TLS such a server is heard late, and only where its callers may come",
            &rule("db", "5432"),
            // The proxy waits so long for bytes that would tell what is spoken.
            &[
                "legacy LISTEN !db:5432 -> closed",
                "legacy LISTEN !api:9001 -> banner api (4900..8000 ms)",
                "web LISTEN api:9001 -> banner api (0..2000 ms)",
            ],
        ),
        scenario(
            "tcp/rules of requests let no connection in",
            &reads("all"),
            &["web GET api:80/ -> 200 api", "web TCP api:9000 -> closed", "web LISTEN api:9001 -> closed"],
        ),
        scenario(
            "tcp/a rule of connections lets every request of its port in",
            &rule("api", "80, 9000"),
            &["web GET api:80/any -> 200 api", "web GET api:81/any -> 403", "batch GET api:80/any -> 403", "web TCP api:9000 -> echo api"],
        ),
        scenario(
            "tcp/instances of a headless Service know who comes",
            &rule("kv", "6379"),
            &["web TCP kv:6379 -> echo kv", "batch TCP kv:6379 -> closed", "legacy TCP kv:6379 -> closed"],
        ),
        scenario(
            "tcp/closed by default but for a rule",
            &(default("deny") + &rule("db", "5432")),
            &[
                "web LISTEN db:5432 -> banner db",
                "batch LISTEN db:5432 -> closed",
                "web TCP api:9000 -> closed",
                "web TCP kv:6379 -> closed",
            ],
        ),
        scenario("tcp/shares by connection", &split(&[("api", 3), ("api-v2", 1)], ""), &[]).shared(
            "web TCP api:9000 -> echo api|api-v2",
            400,
            &[("api", 0.75), ("api-v2", 0.25)],
        ),
        scenario(
            "tcp/a share of 0 is none",
            &split(&[("api", 0), ("api-v2", 1)], ""),
            &["web TCP api:9000 -> echo api-v2", "web GET api:80/ -> 200 api-v2"],
        )
        .shared("batch TCP api:9000 -> echo api-v2", 50, &[("api-v2", 1.0)]),
        scenario("tcp/taken back", "", &["batch TCP api:9000 -> echo api", "batch LISTEN db:5432 -> banner db"]),
    ]
}
