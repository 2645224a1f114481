//! What becomes of calls that no rule names: by every default, of callers with and without a proxy.

use super::policy::{account, default, read, requests, target};
use super::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    let scenario = Scenario::new;
    vec![
        scenario(
            "defaults/without policy everybody may call",
            "",
            &[
                "web GET api:80/users/1 -> 200 api",
                "batch DELETE api:80/anything -> 200 api",
                "web GET legacy:80/ -> 200 legacy",
                "web GET api:81/ -> 200 api",
                "ops GET api:80/ -> 200 api",
                "web GET pool:80/ -> 200 pool-a|pool-b",
            ],
        ),
        scenario(
            "defaults/permissive, plain callers may come",
            "",
            &["legacy GET !api:8080/users/1 -> 200 api", "legacy TCP !api:9000 -> echo api", "legacy GET !ops:8080/ -> 200 ops"],
        ),
        scenario(
            "defaults/ports that nobody declares are open as long as no rule is there",
            "",
            &["legacy TCP !api:7777 -> echo api", "web TCP !api:7777 -> echo api"],
        ),
        scenario(
            "defaults/a rule closes its destination to everybody else",
            &read(),
            &[
                "web GET api:80/users/1 -> 200 api",
                "batch GET api:80/users/1 -> 403",
                "web GET batch:80/ -> 200 batch",
                "batch GET web:80/ -> 200 web",
            ],
        ),
        scenario(
            "defaults/a rule closes its destination to plain callers, and to them alone where it stands",
            &read(),
            &["legacy GET !api:8080/users/1 -> 403", "legacy TCP !api:9000 -> closed", "legacy GET !batch:8080/ -> 200 batch"],
        ),
        scenario(
            "defaults/a rule closes ports that nobody declares",
            &read(),
            &["legacy TCP !api:7777 -> closed", "web TCP !api:7777 -> closed"],
        ),
        scenario(
            "defaults/targeted is what holds without a Mesh",
            &(default("targeted") + &read()),
            &[
                "web GET api:80/users/1 -> 200 api",
                "batch GET api:80/users/1 -> 403",
                "batch GET web:80/ -> 200 web",
                "legacy GET !batch:8080/ -> 200 batch",
            ],
        ),
        scenario(
            "defaults/deny closes everything that has a proxy",
            &default("deny"),
            &["web GET api:80/users/1 -> 403", "batch GET web:80/ -> 403", "ops GET api:80/ -> 403", "web GET ops:80/ -> 403"],
        ),
        scenario(
            "defaults/deny cannot close what has no proxy",
            &default("deny"),
            &["web GET legacy:80/ -> 200 legacy ~ MG1415", "legacy GET !legacy:8080/ -> 200 legacy ~ MG1415"],
        ),
        scenario(
            "defaults/deny closes plain callers out, of every protocol",
            &default("deny"),
            &["legacy GET !api:8080/users/1 -> 403", "legacy TCP !api:9000 -> closed", "legacy TCP !api:7777 -> closed"],
        ),
        scenario(
            "defaults/deny closes connections before the server speaks",
            &default("deny"),
            &["web TCP api:9000 -> closed", "web LISTEN db:5432 -> closed", "web TCP kv:6379 -> closed"],
        ),
        scenario("defaults/deny holds for a caller of itself", &default("deny"), &["api GET api:80/users/1 -> 403"]),
        scenario(
            "defaults/deny but for a rule",
            &(default("deny") + &read()),
            &[
                "web GET api:80/users/1 -> 200 api",
                "web GET api:80/users/x -> 403",
                "batch GET api:80/users/1 -> 403",
                "web GET batch:80/ -> 403",
            ],
        ),
        scenario(
            "defaults/allow audits and refuses nothing",
            &(default("allow") + &read()),
            &[
                "web GET api:80/users/1 -> 200 api",
                "batch GET api:80/users/1 -> 200 api",
                "web POST api:80/other -> 200 api",
                "web TCP api:9000 -> echo api",
                "web LISTEN api:9001 -> banner api",
            ],
        ),
        scenario(
            "defaults/allow lets plain callers in, also where a rule stands",
            &(default("allow") + &read()),
            &["legacy GET !api:8080/ -> 200 api", "legacy TCP !api:9000 -> echo api", "legacy TCP !api:7777 -> echo api"],
        ),
        scenario(
            "defaults/who goes past the Service has no identity",
            &(read() + &target("batch", "batch", &account("web"), &requests("users", "all"))),
            &[
                "web GET !api:8080/users/1 -> 403",
                "web GET !batch:8080/ -> 403",
                "web GET batch:80/ -> 200 batch",
                "web GET !web:8080/ -> 200 web",
            ],
        ),
        scenario(
            "defaults/taken back",
            "",
            &["batch GET api:80/users/1 -> 200 api", "legacy GET !api:8080/ -> 200 api", "legacy TCP !api:7777 -> echo api"],
        ),
    ]
}
