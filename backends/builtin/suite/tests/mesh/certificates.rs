//! Peers that show a certificate which is right, too old, too new, of somebody else, or of another root.

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Call, Credentials, Mesh};
use time::Duration;

use super::policy::{object, read};
use super::scenario::{Shared, answered, get, trial};

/// Where a server stands that is no proxy, on the host of `legacy`.
const PORT: u16 = 9443;

/// What a peer shows.
type Shown = fn(&Mesh, &str) -> std::io::Result<Option<Credentials>>;

/// Signed a day and an hour ago, for a day.
const EXPIRED: Shown = |mesh, path| mesh.credentials(path, Duration::hours(-25)).map(Some);
/// By a clock that is an hour ahead.
const TOO_NEW: Shown = |mesh, path| mesh.credentials(path, Duration::HOUR).map(Some);
/// By a clock that is half a minute ahead, or behind.
const A_LITTLE_AHEAD: Shown = |mesh, path| mesh.credentials(path, Duration::seconds(30)).map(Some);
const A_LITTLE_BEHIND: Shown = |mesh, path| mesh.credentials(path, Duration::seconds(-30)).map(Some);
const RIGHT: Shown = |mesh, path| mesh.credentials(path, Duration::ZERO).map(Some);
const OF_SOMEBODY_ELSE: Shown = |mesh, _| mesh.credentials("ns/shop/sa/batch", Duration::ZERO).map(Some);
const OF_THE_SAME_NAME: Shown = |mesh, _| mesh.credentials("ns/ops/sa/forged", Duration::ZERO).map(Some);
const OF_ANOTHER_ROOT: Shown = |mesh, path| mesh.foreign_credentials(path).map(Some);
const NONE: Shown = |_, _| Ok(None);

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    let server = |name: &str, shown: Shown, is_right: bool| {
        trial(&format!("certificates/a server's {name}"), mesh, move |mesh| served(mesh, shown, is_right))
    };
    let client = |name: &str, shown: Shown, is_right: bool| {
        trial(&format!("certificates/a caller's {name}"), mesh, move |mesh| called(mesh, shown, is_right))
    };
    vec![
        server("that is right", RIGHT, true),
        server("that has expired", EXPIRED, false),
        server("that is not yet valid", TOO_NEW, false),
        server("by a clock that is a little ahead", A_LITTLE_AHEAD, true),
        server("of another account", OF_SOMEBODY_ELSE, false),
        server("of the same account in another namespace", OF_THE_SAME_NAME, false),
        server("of a root that nobody trusts", OF_ANOTHER_ROOT, false),
        server("that is missing, where one is expected", NONE, false),
        client("that is right", RIGHT, true),
        client("that has expired", EXPIRED, false),
        client("that is not yet valid", TOO_NEW, false),
        client("by a clock that is a little behind", A_LITTLE_BEHIND, true),
        client("of a root that nobody trusts", OF_ANOTHER_ROOT, false),
        client("that is missing, though it speaks TLS", NONE, false),
    ]
}

/// A Service of the account `forged`, at whose address somebody answers who is no proxy.
fn served(mesh: &mut Mesh, shown: Shown, is_right: bool) -> Result<(), Failed> {
    let forged = object(
        "v1",
        "Service",
        "forged",
        "clusterIP: 10.96.0.98, selector: {app: forged}, ports: [{name: h, port: 80, targetPort: 9443, appProtocol: http}]",
    ) + &object(
        "apps/v1",
        "Deployment",
        "forged",
        "selector: {matchLabels: {app: forged}}, template: {metadata: {labels: {app: forged}}, spec: {serviceAccountName: forged, containers: [{name: app, image: x, ports: [{containerPort: 9443}]}]}}",
    ) + "---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: forged-1, namespace: shop, labels: {kubernetes.io/service-name: forged}}, addressType: IPv4, ports: [{name: h, port: 9443}], endpoints: [{addresses: [10.77.1.5], conditions: {ready: true}, targetRef: {kind: Pod, name: forged-1}}]}\n";
    let shown = shown(mesh, "ns/shop/sa/forged")?;
    let _server = mesh.stranger("legacy", PORT, shown.as_ref())?;
    mesh.apply(&forged)?;
    let answer = mesh.caller_of("web", ([10, 96, 0, 98], 80).into(), "forged.shop".to_owned()).call(&get("/users/1"));
    let (status, by) = if is_right { (200, "stranger") } else { (503, "") };
    let answered = answered(answer, status, by).map(drop);
    // The connection of this server must not answer for the next one.
    mesh.apply("")?;
    answered
}

/// Somebody past every proxy, who says to be `web`; `web` may send this request.
fn called(mesh: &mut Mesh, shown: Shown, is_right: bool) -> Result<(), Failed> {
    mesh.apply(&read())?;
    let shown = shown(mesh, "ns/shop/sa/web")?;
    let caller = mesh.caller_of_instance("legacy", "api", 8080);
    match caller.call_as(shown.as_ref(), &get("/users/1")) {
        Ok(Answer::Http { status: 200, served_by, .. }) if is_right && served_by == "api" => {}
        Ok(Answer::Closed) if !is_right => return Ok(()),
        other => return Err(format!("{other:?}").into()),
    }
    // It is who its certificate says, and nobody else.
    let post = Call::Http { method: "POST".to_owned(), target: "/users/1".to_owned(), headers: Vec::new(), body: 0 };
    answered(caller.call_as(shown.as_ref(), &post), 403, "")?;
    let other = mesh.credentials("ns/shop/sa/batch", Duration::ZERO)?;
    answered(caller.call_as(Some(&other), &get("/users/1")), 403, "").map(drop)
}
