//! Where calls go.

use super::scenario::Scenario;

fn split(backends: &str, more: &str) -> String {
    format!(
        "---\n{{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {{name: api, namespace: shop}}, spec: {{service: api, backends: [{backends}]{more}}}}}\n"
    )
}

/// Calls that `matches` name go to the other version.
fn ab(matches: &str) -> String {
    let group = format!(
        "---\n{{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {{name: test, namespace: shop}}, spec: {{matches: [{matches}]}}}}\n"
    );
    group + &split("{service: api-v2, weight: 1}", ", matches: [{kind: HTTPRouteGroup, name: test}]")
}

const BETA: &str = "{name: beta, headers: [{x-beta: 'yes'}]}";
const SEARCH: &str = "{name: search, pathRegex: /search, methods: [GET]}";

/// Shares of `api` and of `api-v2`.
pub(crate) fn both(one: u32, two: u32) -> String {
    split(&format!("{{service: api, weight: {one}}}, {{service: api-v2, weight: {two}}}"), "")
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("splits/by weight", &both(90, 10), &["web GET api:80/ -> 200 api|api-v2"]).shared(
            "web GET api:80/ -> 200 api|api-v2",
            400,
            &[("api", 0.9), ("api-v2", 0.1)],
        ),
        Scenario::new("splits/weights are relative", &both(1, 2), &[]).shared(
            "batch GET api:80/x -> 200 api|api-v2",
            300,
            &[("api", 1.0 / 3.0), ("api-v2", 2.0 / 3.0)],
        ),
        Scenario::new("splits/one in a thousand", &both(999, 1), &[]).shared(
            "web GET api:80/ -> 200 api|api-v2",
            1500,
            &[("api", 0.999), ("api-v2", 0.001)],
        ),
        Scenario::new("splits/weight 0", &both(1, 0), &["web GET api:80/ -> 200 api"]).shared(
            "web GET api:80/ -> 200 api",
            50,
            &[("api", 1.0)],
        ),
        Scenario::new("splits/everything to the other", &both(0, 7), &["web GET api:80/ -> 200 api-v2"]).shared(
            "web GET api:80/ -> 200 api-v2",
            50,
            &[("api-v2", 1.0)],
        ),
        Scenario::new(
            "splits/the parts are called by themselves",
            &both(0, 1),
            &["web GET api-v2:80/ -> 200 api-v2", "web GET api:80/ -> 200 api-v2"],
        ),
        Scenario::new(
            "splits/by header",
            &ab(BETA),
            &[
                "web GET api:80/ [x-beta: yes] -> 200 api-v2",
                "web GET api:80/ [x-beta: no] -> 200 api",
                "web GET api:80/ -> 200 api",
                "web POST api:80/search [x-beta: yes] -> 200 api-v2",
            ],
        ),
        Scenario::new(
            "splits/by path and method",
            &ab(SEARCH),
            &[
                "web GET api:80/search?q=1 -> 200 api-v2",
                "web GET api:80/searching -> 200 api-v2",
                "web POST api:80/search -> 200 api",
                "web GET api:80/ -> 200 api",
            ],
        ),
        Scenario::new(
            "splits/matches of a group are alternatives",
            &ab(&format!("{BETA}, {SEARCH}")),
            &["web GET api:80/search -> 200 api-v2", "web PUT api:80/ [x-beta: yes] -> 200 api-v2", "web PUT api:80/search -> 200 api"],
        ),
        Scenario::new("splits/edited", &both(10, 90), &[]).shared(
            "web GET api:80/ -> 200 api|api-v2",
            200,
            &[("api", 0.1), ("api-v2", 0.9)],
        ),
        Scenario::new(
            "splits/a part that does not exist refuses its share",
            &split("{service: api, weight: 0}, {service: nobody, weight: 1}", ""),
            &["web GET api:80/ -> 503"],
        ),
        Scenario::new("splits/gone", "", &["web GET api:80/ -> 200 api", "web GET api:80/search [x-beta: yes] -> 200 api"]),
    ]
}
