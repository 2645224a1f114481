//! Which request may be sent.

use super::policy::{account, connections, group, mesh, ports, read, reads, requests, target, users};
use super::scenario::Scenario;

/// `web` may send what these matches take.
fn by(matches: &str) -> String {
    target("web-to-api", "api", &account("web"), &requests("some", "")) + &group("some", matches)
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    [matches(), headers(), rules()].concat()
}

fn matches() -> Vec<Scenario> {
    let scenario = Scenario::new;
    vec![
        scenario(
            "access/methods",
            &read(),
            &[
                "web GET api:80/users/1 -> 200 api",
                "web HEAD api:80/users/1 -> 200 api",
                "web POST api:80/users/1 -> 403",
                "web DELETE api:80/users/1 -> 403",
                "web OPTIONS api:80/users/1 -> 403",
            ],
        ),
        scenario(
            "access/a single method, and no other that begins alike",
            &by("{name: put, methods: [PUT], pathRegex: /}"),
            &["web PUT api:80/x -> 200 api", "web PATCH api:80/x -> 403", "web GET api:80/x -> 403", "web HEAD api:80/x -> 403"],
        ),
        scenario(
            "access/paths are matched to their end where the rule says so",
            &read(),
            &[
                "web GET api:80/users/123 -> 200 api",
                "web GET api:80/users/12a -> 403",
                "web GET api:80/users/1/2 -> 403",
                "web GET api:80/users/ -> 403",
                "web GET api:80/Users/1 -> 403",
                "web GET api:80/users/1?admin=1 -> 200 api",
                "web GET api:80/?x=/users/1 -> 403",
            ],
        ),
        scenario(
            "access/paths are prefixes otherwise",
            &reads("write"),
            &[
                "web POST api:80/users -> 200 api",
                "web POST api:80/users/1/pets -> 200 api",
                "web POST api:80/usersandmore -> 200 api",
                "web POST api:80/a/users -> 403",
                "web GET api:80/users -> 403",
            ],
        ),
        scenario(
            "access/paths end where the Mesh says so",
            &(mesh("smi: {pathAnchoring: full}") + &by("{name: users, pathRegex: /users}, {name: orders, pathRegex: '/orders/.*'}")),
            &[
                "web GET api:80/users -> 200 api",
                "web GET api:80/users?page=2 -> 200 api",
                "web GET api:80/users/1 -> 403",
                "web GET api:80/orders/1 -> 200 api",
                "web GET api:80/orders -> 403",
            ],
        ),
        scenario(
            "access/alternatives within an expression",
            &by("{name: either, pathRegex: '/(cats|dogs)/[a-f]{2}$'}"),
            &[
                "web GET api:80/cats/ab -> 200 api",
                "web GET api:80/dogs/ff -> 200 api",
                "web GET api:80/cows/ab -> 403",
                "web GET api:80/cats/abc -> 403",
                "web GET api:80/cats/ag -> 403",
            ],
        ),
        scenario(
            "access/all conditions of a match hold at once",
            &by("{name: all, methods: [POST], pathRegex: /orders, headers: [{x-beta: 'yes'}]}"),
            &[
                "web POST api:80/orders [x-beta: yes] -> 200 api",
                "web POST api:80/orders -> 403",
                "web GET api:80/orders [x-beta: yes] -> 403",
                "web POST api:80/users [x-beta: yes] -> 403",
            ],
        ),
        scenario(
            "access/all requests",
            &reads("all"),
            &[
                "web GET api:80/ -> 200 api",
                "web PURGE api:80/any/thing -> 200 api",
                "web GET api:81/any -> 200 api",
                "batch GET api:80/ -> 403",
            ],
        ),
    ]
}

fn headers() -> Vec<Scenario> {
    let scenario = Scenario::new;
    vec![
        scenario(
            "access/headers are compared whole, and their names in any case",
            &reads("beta"),
            &[
                "web GET api:80/x [x-beta: yes] -> 200 api",
                "web POST api:80/y [x-beta: yes] -> 200 api",
                "web GET api:80/x [x-beta: yes!] -> 403",
                "web GET api:80/x [x-beta: no] -> 403",
                "web GET api:80/x [x-other: yes] -> 403",
                "web GET api:80/x -> 403",
                "web GET api:80/x [X-BETA: yes] -> 200 api",
                "web GET api:80/x [x-beta: YES] -> 403",
            ],
        ),
        scenario(
            "access/a header that is there, whatever it says",
            &by("{name: there, headers: [{x-trace: '.*'}]}"),
            &["web GET api:80/ [x-trace: 1] -> 200 api", "web GET api:80/ [x-trace: a, b] -> 200 api", "web GET api:80/ -> 403"],
        ),
        scenario(
            "access/a header by an expression",
            &by("{name: version, headers: [{x-version: 'v[1-3]\\.0'}]}"),
            &[
                "web GET api:80/ [x-version: v1.0] -> 200 api",
                "web GET api:80/ [x-version: v3.0] -> 200 api",
                "web GET api:80/ [x-version: v4.0] -> 403",
                "web GET api:80/ [x-version: v1x0] -> 403",
                "web GET api:80/ [x-version: v1.01] -> 403",
            ],
        ),
        scenario(
            "access/of a repeated header one value is enough",
            &reads("beta"),
            &[
                "web GET api:80/ [x-beta: no; x-beta: yes] -> 200 api",
                "web GET api:80/ [x-beta: yes; x-beta: no] -> 200 api",
                "web GET api:80/ [x-beta: no; x-beta: never] -> 403",
                "web GET api:80/ [x-beta: no, yes] -> 403",
            ],
        ),
        scenario(
            "access/two headers at once",
            &by("{name: both, headers: [{x-a: '1'}, {x-b: '2'}]}"),
            &[
                "web GET api:80/ [x-a: 1; x-b: 2] -> 200 api",
                "web GET api:80/ [x-b: 2; x-a: 1] -> 200 api",
                "web GET api:80/ [x-a: 1] -> 403",
                "web GET api:80/ [x-a: 2; x-b: 1] -> 403",
            ],
        ),
    ]
}

fn rules() -> Vec<Scenario> {
    let scenario = Scenario::new;
    let web = account("web");
    vec![
        scenario(
            "access/matches of one rule are alternatives",
            &reads("read, write"),
            &["web GET api:80/users/1 -> 200 api", "web POST api:80/users -> 200 api", "web PUT api:80/users/1 -> 403"],
        ),
        scenario(
            "access/groups of one target are alternatives",
            &(target("web-to-api", "api", &web, &format!("{}, {}", requests("users", "read"), requests("orders", "")))
                + &users()
                + &group("orders", "{name: orders, pathRegex: /orders, methods: [DELETE]}")),
            &[
                "web GET api:80/users/1 -> 200 api",
                "web DELETE api:80/orders/1 -> 200 api",
                "web DELETE api:80/users/1 -> 403",
                "web GET api:80/orders/1 -> 403",
            ],
        ),
        scenario(
            "access/two targets unite, each with its own callers",
            &(read() + &target("batch-to-api", "api", &account("batch"), &requests("users", "write"))),
            &[
                "web GET api:80/users/1 -> 200 api",
                "web POST api:80/users -> 403",
                "batch POST api:80/users -> 200 api",
                "batch GET api:80/users/1 -> 403",
            ],
        ),
        scenario(
            "access/two targets of one caller add up",
            &(read() + &target("web-writes", "api", &web, &requests("users", "write"))),
            &["web GET api:80/users/1 -> 200 api", "web POST api:80/users -> 200 api", "web PUT api:80/users -> 403"],
        ),
        scenario(
            "access/a target without sources closes, and opens nothing",
            &(target("nobody", "api", "", &requests("users", "all")) + &users()),
            &["web GET api:80/users/1 -> 403", "batch GET api:80/ -> 403", "legacy GET !api:8080/ -> 403", "web TCP api:9000 -> closed"],
        )
        .mistaken("MG0005"),
        scenario(
            "access/every http port is closed, and every rule counts there",
            &read(),
            &["web GET api:81/users/1 -> 200 api", "web GET api:81/other -> 403", "batch GET api:81/users/1 -> 403"],
        ),
        scenario(
            "access/the port of a destination narrows its rules",
            &(target("web-to-api", "api:81", &web, &requests("users", "read")) + &users()),
            &["web GET api:81/users/1 -> 200 api", "web GET api:80/users/1 -> 403", "web POST api:81/users/1 -> 403"],
        ),
        scenario(
            "access/a port and a request, both are needed",
            &(target("web-to-api", "api", &web, &format!("{}, {}", connections("eighty"), requests("users", "read")))
                + &ports("eighty", "80")
                + &users()),
            &[
                "web GET api:80/users/1 -> 200 api",
                "web GET api:80/other -> 403",
                "web GET api:81/users/1 -> 403",
                "web TCP api:9000 -> closed",
            ],
        ),
        scenario(
            "access/what the application answers comes through",
            &reads("all"),
            &["web GET api:80/status/404 -> 404 api", "web GET api:80/status/503 -> 503 api", "web HEAD api:80/users/1 -> 200 api"],
        ),
    ]
}
