//! Pages of the web view of a large policy: how long the server works on each, and how many bytes a browser gets.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use meshglot_translator::parse::Source;
use meshglot_translator::resolve::ReadOptions;
use meshglot_web::{Fixed, Host, Hosts, Settings, Snapshot, router};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// The head of the table.
pub(crate) const HEAD: &str = "\
| Page | first ms | p50 ms | p99 ms | KiB, gzip |
|---|---|---|---|---|";

/// The word of the command line.
pub(crate) const WORD: &str = "web";

const TEAMS: usize = 20;
const SERVICES: usize = 50;
const GROUPS: usize = 25;

/// How often each page is asked for.
const VISITS: usize = 200;

const PAGES: [&str; 24] = [
    "/",
    "/topology",
    "/topology?focus=team-03%2Fapp-03-07",
    "/services",
    "/ns/team-03/services/app-03-07",
    "/policies",
    "/policies?loss=narrowed&q=to-07",
    "/policies/traffictarget/team-03/to-07-0",
    "/policies/traffictarget/team-03/to-07-0?tab=istio",
    "/policies/traffictarget/team-03/to-07-0?tab=linkerd",
    "/policies/traffictarget/team-03/to-07-0?tab=diff",
    "/policies/traffictarget/team-03/to-07-0?tab=effect",
    "/policies/trafficsplit/team-03/split-07?tab=effect",
    "/access",
    "/access?ns=team-03",
    "/access?ns=team-03&backend=istio",
    "/access/explain?from=sa/team-01/app-01-01&to=app-03-07.team-03:80",
    "/simulate?from=sa/team-01/app-01-01&to=app-03-07.team-03:80",
    "/findings",
    "/capabilities?used=yes",
    "/codes/MG1210",
    "/switch?from=istio&to=consul",
    "/playground",
    "/about",
];

/// Prints the table.
pub(crate) fn run() {
    let text = text();
    let start = Instant::now();
    let snapshot = Snapshot::new(1, vec![Source::new("policy.yaml", text)], Vec::new(), ReadOptions::default());
    let made = start.elapsed();
    assert_eq!(snapshot.errors(), 0, "the policy is valid");
    snapshot.warm();
    let warm = start.elapsed();
    let settings = Settings {
        base: "/".to_owned(),
        hosts: Hosts::new(vec![Host::new("localhost")]),
        door: None,
        pipe: None,
        input: vec!["-f".to_owned(), "policy.yaml".to_owned()],
    };
    let view = router(Fixed::new(snapshot), settings);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    for page in PAGES {
        let (first, _) = visit(&runtime, &view, page);
        // What is worked out once per state is not yet there at the first visit, or the second.
        while again(&runtime, &view, page) {
            std::thread::sleep(Duration::from_millis(200));
        }
        let mut times: Vec<Duration> = (0..VISITS).map(|_| visit(&runtime, &view, page).0).collect();
        times.sort();
        let (_, bytes) = visit(&runtime, &view, page);
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let (p50, p99) = (times[VISITS / 2], times[VISITS * 99 / 100]);
        println!("| `{page}` | {:.1} | {:.1} | {:.1} | {:.1} |", ms(first), ms(p50), ms(p99), bytes.len() as f64 / 1024.0);
    }
    println!(
        "\nA new state is shown after {:.2} s, and everything that pages keep of it is there after {:.2} s.",
        made.as_secs_f64(),
        warm.as_secs_f64()
    );
}

fn visit(runtime: &Runtime, view: &Router, page: &str) -> (Duration, Vec<u8>) {
    let request = Request::get(page).header("host", "localhost").header("accept-encoding", "gzip").body(Body::empty()).expect("a request");
    let start = Instant::now();
    let body = runtime.block_on(async {
        let response = view.clone().oneshot(request).await.expect("the router always answers");
        assert!(response.status().is_success(), "{page}: {}", response.status());
        to_bytes(response.into_body(), 64 << 20).await.expect("a page")
    });
    (start.elapsed(), body.to_vec())
}

/// Whether a page says that it is being worked out.
fn again(runtime: &Runtime, view: &Router, page: &str) -> bool {
    let request = Request::get(page).header("host", "localhost").body(Body::empty()).expect("a request");
    let body = runtime.block_on(async {
        let response = view.clone().oneshot(request).await.expect("the router always answers");
        to_bytes(response.into_body(), 64 << 20).await.expect("a page")
    });
    String::from_utf8_lossy(&body).contains("data-again")
}

/// A thousand Services in twenty namespaces, and five thousand objects of policy.
pub(crate) fn text() -> String {
    let mut text = String::new();
    for team in 0..TEAMS {
        let ns = format!("team-{team:02}");
        for group in 0..GROUPS {
            let matches = format!(
                "  - {{name: read, methods: [GET, HEAD], pathRegex: /v{group}/items/.*}}\n  - {{name: write, methods: [POST], pathRegex: /v{group}/items}}\n"
            );
            object(
                &mut text,
                "specs.smi-spec.io/v1alpha4",
                "HTTPRouteGroup",
                &ns,
                &format!("group-{group:02}"),
                &format!("spec:\n  matches:\n{matches}"),
            );
        }
        for service in 0..SERVICES {
            let name = name(team, service);
            let labels = format!("{{app: {name}}}");
            let ports = "  ports:\n  - {name: http, port: 80, targetPort: 8080}\n";
            object(&mut text, "v1", "Service", &ns, &name, &format!("spec:\n  selector: {labels}\n{ports}"));
            let pods = format!(
                "spec:\n  selector: {{matchLabels: {labels}}}\n  template:\n    metadata: {{labels: {labels}}}\n    spec:\n      serviceAccountName: {name}\n      containers:\n      - {{name: app, image: x, ports: [{{containerPort: 8080}}]}}\n"
            );
            object(&mut text, "apps/v1", "Deployment", &ns, &name, &pods);
            for k in 0..3 + service % 2 {
                // Spread over all teams, the same every time.
                let n = (team * SERVICES + service) * 7 + k * 331;
                let (from, caller) = (n % TEAMS, n / TEAMS % SERVICES);
                let target = format!(
                    "spec:\n  destination: {{kind: ServiceAccount, name: {name}, namespace: {ns}}}\n  sources:\n  - {{kind: ServiceAccount, name: {}, namespace: team-{from:02}}}\n  rules:\n  - {{kind: HTTPRouteGroup, name: group-{:02}, matches: [read]}}\n",
                    self::name(from, caller),
                    (service + k) % GROUPS
                );
                object(&mut text, "access.smi-spec.io/v1alpha4", "TrafficTarget", &ns, &format!("to-{service:02}-{k}"), &target);
            }
            let next = self::name(team, (service + 1) % SERVICES);
            let split = format!(
                "spec:\n  service: {name}\n  backends:\n  - {{service: {name}, weight: 90}}\n  - {{service: {next}, weight: 10}}\n"
            );
            object(&mut text, "split.smi-spec.io/v1alpha4", "TrafficSplit", &ns, &format!("split-{service:02}"), &split);
        }
    }
    text
}

fn name(team: usize, service: usize) -> String {
    format!("app-{team:02}-{service:02}")
}

fn object(text: &mut String, api_version: &str, kind: &str, namespace: &str, name: &str, body: &str) {
    // Writing to a String cannot fail.
    let _ = write!(text, "---\napiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n{body}");
}
