//! Endpoints that are dead, slow, gone, or somebody else's.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Call, Mesh};

use super::policy::{object, split};
use super::scenario::{Shared, get, lines, shares, timed, trial};

/// What a call that nothing keeps waiting takes at most, on a machine that does other things, too.
const FAST: Duration = Duration::from_millis(1200);

/// What a slow endpoint takes.
const SLOW: Duration = Duration::from_millis(1500);

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("endpoints/a dead application is told at once", mesh, dead),
        trial("endpoints/one dead application of two costs its share alone", mesh, one_dead),
        trial("endpoints/one dead proxy of two costs its share alone, until it comes back", mesh, dead_proxy),
        trial("endpoints/who is not ready is not called", mesh, away),
        trial("endpoints/a split goes on without a part that has no endpoint", mesh, part_away),
        trial("endpoints/a slow answer is waited for", mesh, slow),
        trial("endpoints/a slow endpoint slows nobody else", mesh, one_slow),
        trial("endpoints/an address of another account is not talked to", mesh, foreign),
    ]
}

fn dead(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    mesh.stop_applications("api-v2");
    let played = lines(
        mesh,
        &[
            "web GET api-v2:80/ -> 503 (0..2000 ms)",
            "web GRPC api-v2:82/shop.Cart/Get -> 14 (0..2000 ms)",
            "web TCP api-v2:9000 -> closed (0..2000 ms)",
            "web GET api:80/ -> 200 api",
        ],
    );
    mesh.start_applications("api-v2")?;
    played?;
    lines(mesh, &["web GET api-v2:80/ -> 200 api-v2", "web GRPC api-v2:82/shop.Cart/Get -> 0 api-v2"])
}

fn one_dead(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    mesh.stop_applications("pool-b");
    let played = shares(mesh, "web GET pool:80/ -> 200 pool-a", 200, &[("pool-a", 0.5), ("503", 0.5)]);
    mesh.start_applications("pool-b")?;
    played?;
    shares(mesh, "web GET pool:80/ -> 200 pool-a|pool-b", 100, &[("pool-a", 0.5), ("pool-b", 0.5)])
}

fn dead_proxy(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    mesh.stop_proxy("pool-b");
    let played = shares(mesh, "web GET pool:80/ -> 200 pool-a", 200, &[("pool-a", 0.5), ("503", 0.5)]);
    mesh.start_proxy("pool-b")?;
    mesh.settle()?;
    played?;
    shares(mesh, "web GET pool:80/ -> 200 pool-a|pool-b", 100, &[("pool-a", 0.5), ("pool-b", 0.5)])
}

fn away(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    mesh.set_ready("pool-b", false)?;
    let played = shares(mesh, "web GET pool:80/ -> 200 pool-a", 100, &[("pool-a", 1.0)]);
    mesh.set_ready("pool-b", true)?;
    played?;
    shares(mesh, "web GET pool:80/ -> 200 pool-a|pool-b", 100, &[("pool-a", 0.5), ("pool-b", 0.5)])
}

fn part_away(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&split(&[("api", 3), ("api-v2", 1)], ""))?;
    mesh.set_ready("api-v2", false)?;
    let played = shares(mesh, "web GET api:80/ -> 200 api", 200, &[("api", 0.75), ("503", 0.25)]);
    mesh.set_ready("api-v2", true)?;
    played?;
    shares(mesh, "web GET api:80/ -> 200 api|api-v2", 200, &[("api", 0.75), ("api-v2", 0.25)])
}

fn slow(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    lines(
        mesh,
        &[
            "web GET api:80/slow/300 -> 200 api (300..2000 ms)",
            "legacy GET !api:8080/slow/300 -> 200 api (300..2000 ms)",
            "web GET api:80/ -> 200 api (0..2000 ms)",
        ],
    )
}

fn one_slow(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    mesh.set_delay("pool-b", SLOW);
    let caller = mesh.caller("web", "pool", 80);
    let answers: Vec<_> = std::thread::scope(|scope| {
        // All at once, so that some wait while others are answered.
        let calls: Vec<_> = (0..24).map(|_| scope.spawn(|| timed(|| caller.call(&get("/"))))).collect();
        calls.into_iter().map(|call| call.join()).collect()
    });
    mesh.set_delay("pool-b", Duration::ZERO);
    let (mut fast, mut late) = (0, 0);
    for answer in answers {
        let (answer, took) = answer.map_err(|_| "a caller panicked")?;
        match answer? {
            Answer::Http { status: 200, served_by, .. } if served_by == "pool-a" && took < FAST => fast += 1,
            Answer::Http { status: 200, served_by, .. } if served_by == "pool-b" && (SLOW..SLOW + FAST).contains(&took) => late += 1,
            other => return Err(format!("after {took:?}: {other:?}").into()),
        }
    }
    if fast > 0 && late > 0 { Ok(()) } else { Err(format!("{fast} fast ones, {late} slow ones").into()) }
}

/// A Service whose pods are said to run as `trap`, and whose only address is that of `batch`.
fn foreign(mesh: &mut Mesh) -> Result<(), Failed> {
    let trap = object(
        "v1",
        "Service",
        "trap",
        "clusterIP: 10.96.0.99, selector: {app: trap}, ports: [{name: h, port: 80, targetPort: 8080, appProtocol: http}, {name: t, port: 90, targetPort: 8080, appProtocol: tcp}]",
    ) + &object(
        "apps/v1",
        "Deployment",
        "trap",
        "selector: {matchLabels: {app: trap}}, template: {metadata: {labels: {app: trap}}, spec: {serviceAccountName: trap, containers: [{name: app, image: x, ports: [{containerPort: 8080}]}]}}",
    ) + "---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: trap-1, namespace: shop, labels: {kubernetes.io/service-name: trap}}, addressType: IPv4, ports: [{name: h, port: 8080}, {name: t, port: 8080}], endpoints: [{addresses: [10.77.1.2], conditions: {ready: true}, targetRef: {kind: Pod, name: trap-1}}]}\n";
    mesh.apply(&trap)?;
    for (port, call) in [(80, get("/")), (90, Call::Tcp)] {
        match mesh.caller_of("web", ([10, 96, 0, 99], port).into(), "trap.shop".to_owned()).call(&call)? {
            Answer::Http { status: 503, served_by, .. } if served_by.is_empty() => {}
            Answer::Closed => {}
            other => return Err(format!("port {port}: {other:?}").into()),
        }
    }
    lines(mesh, &["web GET batch:80/ -> 200 batch"])
}
