//! Paths that a rule and an application could read differently.

use super::policy::{account, group, requests, target};
use super::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    let users = target("web-to-api", "api", &account("web"), &requests("users", "")) + &group("users", "{name: users, pathRegex: /users/}");
    vec![
        Scenario::new(
            "paths/other spellings of a path that is allowed",
            &users,
            &[
                "web GET api:80/users/./42 -> 200 api (sees GET /users/42 HTTP/1.1)",
                "web GET api:80/users/../users/42 -> 200 api (sees GET /users/42 HTTP/1.1)",
                "web GET api:80/%75sers/4%32 -> 200 api (sees GET /users/42 HTTP/1.1)",
                "web GET api:80/users/42;x=y -> 200 api",
                "web GET api:80/users/42%252f -> 200 api (sees GET /users/42%252f HTTP/1.1)",
            ],
        ),
        Scenario::new(
            "paths/ways out of a path that is allowed",
            &users,
            &[
                "web GET api:80/users/42/../../internal -> 403",
                "web GET api:80/users/42/%2e%2e/%2E./internal -> 403",
                "web GET api:80/users/../internal -> 403",
                "web GET api:80/users/42;x=/../../internal -> 403",
                "web GET api:80/internal -> 403",
            ],
        ),
        Scenario::new(
            "paths/ambiguous ones are nobody's",
            &users,
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
            "paths/ambiguous ones are refused at the server, too",
            &users,
            &["legacy GET !api:8080//users/42 -> 400", "legacy GET !api:8080/users%2f42 -> 400", "web GET !api:8080/users/%00 -> 400"],
        ),
        Scenario::new(
            "paths/ambiguous ones are refused without any rule",
            "",
            &[
                "web GET api:80//users/42 -> 400",
                "web GET legacy:80/a%2fb -> 400",
                "legacy GET !api:8080/a//b -> 400",
                "web GET api:80/a/./b -> 200 api",
            ],
        ),
        Scenario::new(
            "paths/a query decides nothing, and comes as it was sent",
            &users,
            &[
                "web GET api:80/users/1?a=//%2f%5c -> 200 api (sees GET /users/1?a=//%2f%5c HTTP/1.1)",
                "web GET api:80/internal?/users/ -> 403",
                "web GET api:80/users/?/../../internal -> 200 api",
            ],
        ),
    ]
}
