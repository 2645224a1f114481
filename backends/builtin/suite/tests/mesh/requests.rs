//! What proxies on the way do to a request, and what they must not.

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Call, Mesh};

use super::policy::{default, read};
use super::scenario::{Scenario, Shared, answered, trial};

/// A body that no buffer on the way holds at once.
const LARGE: usize = 3 << 20;

pub(crate) fn scenarios() -> Vec<Scenario> {
    let scenario = Scenario::new;
    vec![
        scenario(
            "requests/the application is told who calls, and cannot be lied to",
            &read(),
            &[
                "web GET api:80/users/1 -> 200 api (holds x-forwarded-client-cert: URI=spiffe://cluster.local/ns/shop/sa/web)",
                "web GET api:80/users/1 [x-forwarded-client-cert: URI=spiffe://cluster.local/ns/shop/sa/root] -> 200 api (holds x-forwarded-client-cert: URI=spiffe://cluster.local/ns/shop/sa/web; never sa/root)",
            ],
        ),
        scenario(
            "requests/of who has no identity none is told",
            "",
            &[
                "legacy GET !api:8080/ [x-forwarded-client-cert: URI=spiffe://cluster.local/ns/shop/sa/web] -> 200 api (hides x-forwarded-client-cert)",
            ],
        ),
        scenario(
            "requests/headers come as they were sent, and none of the mesh's own",
            "",
            &[
                "web GET api:80/ [x-request-id: 4711; x-a: 1] -> 200 api (sees host: api.shop; sees x-request-id: 4711; sees x-a: 1)",
                "web GET api:80/ -> 200 api (hides x-envoy-expected-rq-timeout-ms; hides x-envoy-attempt-count; lacks server; lacks x-envoy-upstream-service-time)",
            ],
        ),
        scenario(
            "requests/orders to a proxy in headers are not obeyed",
            "",
            &[
                "web GET api:80/slow/150 [x-envoy-upstream-rq-timeout-ms: 20; x-forwarded-for: 127.0.0.1] -> 200 api (150..5000 ms)",
                "web GET api:80/status/503 [x-envoy-retry-on: 5xx; x-envoy-max-retries: 5; x-envoy-retriable-status-codes: 503] -> 503 api (hides x-envoy-retry-on)",
            ],
        ),
    ]
}

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("requests/a large body, there and back", mesh, large),
        trial("requests/a websocket", mesh, websocket),
        trial("requests/audit tells in the log what it would have refused", mesh, audited),
    ]
}

fn get(target: &str) -> Call {
    Call::Http { method: "GET".to_owned(), target: target.to_owned(), headers: Vec::new(), body: 0 }
}

fn large(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let caller = mesh.caller("web", "api", 80);
    let sent = Call::Http { method: "POST".to_owned(), target: "/".to_owned(), headers: Vec::new(), body: LARGE };
    match caller.call(&sent)? {
        Answer::Http { status: 200, head, .. } if head.contains(&format!("x-received: {LARGE}")) => {}
        other => return Err(format!("what was sent: {other:?}").into()),
    }
    let came = answered(caller.call(&get(&format!("/bytes/{LARGE}"))), 200, "api")?;
    if came.len() == LARGE { Ok(()) } else { Err(format!("{} of {LARGE} bytes came", came.len()).into()) }
}

fn websocket(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    if mesh.caller("web", "api", 80).connect()?.upgrade()? { Ok(()) } else { Err("nothing comes back".into()) }
}

fn audited(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&(default("allow") + &read()))?;
    let (web, batch) = (mesh.caller("web", "api", 80), mesh.caller("batch", "api", 80));
    let told = |path: &str, words: &[&str]| {
        let log = mesh.log("api").unwrap_or_default();
        log.lines().any(|line| line.contains(path) && words.iter().all(|word| line.contains(word)))
    };
    let allowed = ["\"audit\":\"TrafficTarget/shop/web-to-api#users\"", "\"audit_result\":\"allowed\"", "sa/web"];
    for _ in 0..50 {
        // Envoy says that it has routes before each of its threads uses them.
        answered(web.call(&get("/users/4711")), 200, "api")?;
        answered(batch.call(&get("/users/4712")), 200, "api")?;
        // A log is written when there is much of it, or after a while.
        web.calls(&get("/"), 100)?;
        if told("/users/4711", &allowed) && told("/users/4712", &["\"audit_result\":\"denied\"", "sa/batch"]) {
            return Ok(());
        }
    }
    Err("the log does not tell it".into())
}
