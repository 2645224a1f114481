//! Where calls go.

use super::policy::{account, group, object, read, requests, split, target, users};
use super::scenario::Scenario;

/// Calls that `matches` name go to the other version.
fn ab(matches: &str) -> String {
    group("test", matches) + &split(&[("api-v2", 1)], ", matches: [{kind: HTTPRouteGroup, name: test}]")
}

const BETA: &str = "{name: beta, headers: [{x-beta: 'yes'}]}";
const SEARCH: &str = "{name: search, pathRegex: /search, methods: [GET]}";

/// Shares of `api` and of `api-v2`.
pub(crate) fn both(one: u64, two: u64) -> String {
    split(&[("api", one), ("api-v2", two)], "")
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    [shares(), matches(), beside()].concat()
}

fn shares() -> Vec<Scenario> {
    let scenario = Scenario::new;
    let either = "web GET api:80/ -> 200 api|api-v2";
    vec![
        scenario("splits/by weight", &both(90, 10), &[either]).shared(either, 1000, &[("api", 0.9), ("api-v2", 0.1)]),
        scenario("splits/weights are relative", &both(1, 2), &[]).shared(
            "batch GET api:80/x -> 200 api|api-v2",
            600,
            &[("api", 1.0 / 3.0), ("api-v2", 2.0 / 3.0)],
        ),
        scenario("splits/one in a thousand", &both(999, 1), &[]).shared(either, 18_500, &[("api", 0.999), ("api-v2", 0.001)]),
        scenario("splits/weights that are as large as they may be", &both(4_000_000_000, 1_333_333_333), &[]).shared(
            either,
            600,
            &[("api", 0.75), ("api-v2", 0.25)],
        ),
        scenario("splits/three destinations", &split(&[("api", 50), ("api-v2", 30), ("batch", 20)], ""), &[]).shared(
            "web GET api:80/ -> 200 api|api-v2|batch",
            1000,
            &[("api", 0.5), ("api-v2", 0.3), ("batch", 0.2)],
        ),
        scenario("splits/a share goes to all instances behind its Service", &split(&[("api", 1), ("pool", 1)], ""), &[]).shared(
            "web GET api:80/ -> 200 api|pool-a|pool-b",
            800,
            &[("api", 0.5), ("pool-a", 0.25), ("pool-b", 0.25)],
        ),
        scenario("splits/weight 0", &both(1, 0), &["web GET api:80/ -> 200 api"]).shared(
            "web GET api:80/ -> 200 api",
            100,
            &[("api", 1.0)],
        ),
        scenario("splits/everything to the other", &both(0, 7), &["web GET api:80/ -> 200 api-v2"]).shared(
            "web GET api:80/ -> 200 api-v2",
            100,
            &[("api-v2", 1.0)],
        ),
        scenario("splits/edited", &both(10, 90), &[]).shared(either, 400, &[("api", 0.1), ("api-v2", 0.9)]),
        scenario("splits/a part that does not exist refuses its share", &split(&[("api", 1), ("nobody", 1)], ""), &[]).shared(
            "web GET api:80/ -> 200 api|503",
            200,
            &[("api", 0.5), ("503", 0.5)],
        ),
    ]
}

fn matches() -> Vec<Scenario> {
    let scenario = Scenario::new;
    vec![
        scenario(
            "splits/A/B by header",
            &ab(BETA),
            &[
                "web GET api:80/ [x-beta: yes] -> 200 api-v2",
                "web GET api:80/ [x-beta: no] -> 200 api",
                "web GET api:80/ -> 200 api",
                "web POST api:80/search [x-beta: yes] -> 200 api-v2",
                "web GET api:80/ [x-beta: no; x-beta: yes] -> 200 api-v2",
            ],
        ),
        scenario(
            "splits/by path and method",
            &ab(SEARCH),
            &[
                "web GET api:80/search?q=1 -> 200 api-v2",
                "web GET api:80/searching -> 200 api-v2",
                "web POST api:80/search -> 200 api",
                "web GET api:80/ -> 200 api",
            ],
        ),
        scenario(
            "splits/other spellings of a path go where it goes",
            &ab(SEARCH),
            &["web GET api:80/%73earch -> 200 api-v2", "web GET api:80/x/../search -> 200 api-v2", "web GET api:80/search/../x -> 200 api"],
        ),
        scenario(
            "splits/matches of a group are alternatives",
            &ab(&format!("{BETA}, {SEARCH}")),
            &["web GET api:80/search -> 200 api-v2", "web PUT api:80/ [x-beta: yes] -> 200 api-v2", "web PUT api:80/search -> 200 api"],
        ),
        scenario(
            "splits/A/B in part, and everybody else to the root",
            &(group("test", BETA) + &split(&[("api", 1), ("api-v2", 1)], ", matches: [{kind: HTTPRouteGroup, name: test}]")),
            &["web GET api:80/ [x-beta: no] -> 200 api"],
        )
        .shared("web GET api:80/ [x-beta: yes] -> 200 api|api-v2", 300, &[("api", 0.5), ("api-v2", 0.5)])
        .shared("web GET api:80/ -> 200 api", 100, &[("api", 1.0)]),
        scenario(
            "splits/what no match takes falls through to the next split",
            &(ab(BETA)
                + &group("find", SEARCH)
                + &other("b-search", "batch", ", matches: [{kind: HTTPRouteGroup, name: find}]")
                + &other("c-rest", "pool", "")),
            &[
                "web GET api:80/ [x-beta: yes] -> 200 api-v2",
                "web GET api:80/search [x-beta: yes] -> 200 api-v2",
                "web GET api:80/search -> 200 batch",
                "web POST api:80/search -> 200 pool-a|pool-b",
                "web GET api:80/ -> 200 pool-a|pool-b",
            ],
        ),
    ]
}

/// A further split of `api`.
fn other(name: &str, to: &str, more: &str) -> String {
    object("split.smi-spec.io/v1alpha4", "TrafficSplit", name, &format!("service: api, backends: [{{service: {to}, weight: 1}}]{more}"))
}

fn beside() -> Vec<Scenario> {
    let scenario = Scenario::new;
    vec![
        scenario(
            "splits/the parts are called by themselves",
            &both(0, 1),
            &["web GET api-v2:80/ -> 200 api-v2", "web GET api:80/ -> 200 api-v2"],
        ),
        scenario(
            "splits/a port that no part has stays where it is",
            &split(&[("api-v2", 1)], ""),
            &["web GET api:81/ -> 200 api", "web GET api:80/ -> 200 api-v2"],
        ),
        scenario(
            "splits/plain callers see the plain Service",
            &both(0, 1),
            &["legacy GET !api:8080/ -> 200 api", "web GET !api:8080/ -> 200 api"],
        ),
        scenario(
            "splits/a split opens nothing",
            &(both(1, 1) + &target("v2", "api-v2", &account("batch"), &requests("users", "all")) + &users()),
            &[],
        )
        .shared("web GET api:80/ -> 200 api|403", 200, &[("api", 0.5), ("403", 0.5)])
        .shared("batch GET api:80/ -> 200 api|api-v2", 200, &[("api", 0.5), ("api-v2", 0.5)]),
        scenario(
            "splits/access is asked for where the call arrives",
            &(both(0, 1) + &read()),
            &["batch GET api:80/users/1 -> 200 api-v2", "batch POST api:80/other -> 200 api-v2", "batch GET api:81/users/1 -> 403"],
        ),
        scenario("splits/gone", "", &["web GET api:80/ -> 200 api", "web GET api:80/search [x-beta: yes] -> 200 api"]),
    ]
}
