//! The topology as a browser gets it: what is drawn, what is listed and what machines are told are one thing, and that is
//! what the engine says.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use meshglot_translator::effect::{Allowance, Entrances, Party};
use meshglot_translator::parse::Source;
use meshglot_translator::plan::Plan;
use meshglot_translator::resolve::ReadOptions;
use meshglot_web::{Fixed, Host, Hosts, Settings, Snapshot, router};
use roxmltree::Document;
use serde_json::Value;
use tower::ServiceExt;

/// A storefront before reviews in two versions, ratings behind them, details that are open, and a job nobody lets in.
const SHOP: &str = include_str!("topology/shop.yaml");

struct Answer {
    status: StatusCode,
    policy: String,
    kind: String,
    text: String,
}

async fn ask(text: &str, path: &str) -> Answer {
    let source = Source::new("shop.yaml", text.to_owned());
    let snapshot = Snapshot::new(1, vec![source], Vec::new(), ReadOptions::default());
    let hosts = Hosts::new(vec![Host::new("localhost")]);
    let settings = Settings { base: "/".to_owned(), hosts, door: None, input: vec!["-f".to_owned(), "shop.yaml".to_owned()], pipe: None };
    let request = Request::builder().uri(path).header("host", "localhost").body(Body::empty()).expect("a request");
    let response = router(Fixed::new(snapshot), settings).oneshot(request).await.expect("the router always answers");
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("ASCII").to_owned()).unwrap_or_default();
    let (status, policy, kind) = (response.status(), header("content-security-policy"), header("content-type"));
    let body = to_bytes(response.into_body(), 1 << 24).await.expect("a page is small");
    Answer { status, policy, kind, text: String::from_utf8(body.to_vec()).expect("UTF-8") }
}

async fn page(path: &str) -> String {
    let answer = ask(SHOP, path).await;
    assert_eq!((answer.status, answer.kind.as_str()), (StatusCode::OK, "text/html; charset=utf-8"), "{path}");
    answer.text
}

async fn json(text: &str, path: &str) -> Value {
    let answer = ask(text, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    serde_json::from_str(&answer.text).expect("JSON")
}

/// The part of a page that is a picture.
fn svg(page: &str) -> &str {
    let from = page.find("<svg class=\"graph\"").expect("a picture");
    let to = page[from..].find("</svg>").expect("its end");
    &page[from..from + to + "</svg>".len()]
}

/// The titles of the edges of a picture, which hold all of an edge in words.
fn drawn(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).expect("well-formed");
    let is_edge = |node: &roxmltree::Node<'_, '_>| node.attribute("class").is_some_and(|class| class.starts_with("edge "));
    let title = |node: roxmltree::Node<'_, '_>| node.children().find(|child| child.has_tag_name("title"))?.text().map(str::to_owned);
    document.descendants().filter(is_edge).filter_map(title).collect()
}

/// The rows of the table of edges.
fn rows(page: &str) -> usize {
    let body = page.split("<tbody>").nth(1).and_then(|rest| rest.split("</tbody>").next()).expect("a table");
    body.matches("<tr").count()
}

/// `kind from to port what` of each edge.
fn edges(answer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let edge = |edge: &Value| {
        let said = match edge["kind"].as_str() {
            Some("share") => text(&edge["share"]),
            _ => edge["access"]["requests"].as_array().map(|all| all.iter().map(text).collect::<Vec<_>>().join(", ")).unwrap_or_default(),
        };
        let short = |id: &Value| text(id).rsplit('/').next().unwrap_or_default().to_owned();
        format!("{} {} > {}:{} {said}", text(&edge["kind"]), short(&edge["from"]), short(&edge["to"]), edge["port"]).trim_end().to_owned()
    };
    answer["edges"].as_array().expect("edges").iter().map(edge).collect()
}

/// What the engine lets in: caller, Service and port of every closed port.
fn engine(text: &str) -> BTreeSet<(String, String, u64)> {
    let plan = Plan::policy(&[Source::new("shop.yaml", text.to_owned())], Vec::new(), ReadOptions::default());
    assert_eq!(plan.errors().count(), 0, "{:?}", plan.diagnostics);
    let entrances = Entrances::of(&plan.model);
    let ports = entrances.inventory().services().iter().flat_map(|service| entrances.ports(service)).filter(|port| port.is_closed());
    let calls = ports.flat_map(|port| {
        let named: Vec<Party> = port.named().into_iter().filter(|party| port.allows(party) != Allowance::Nothing).collect();
        named.into_iter().map(move |party| (party.to_string(), port.service().to_string(), u64::from(port.port().number)))
    });
    calls.collect()
}

fn caller(edge: &Value) -> String {
    let caller = &edge["caller"];
    match caller["spiffeId"].as_str() {
        Some(id) => id.to_owned(),
        None => format!("sa/{}/{}", caller["namespace"].as_str().unwrap_or_default(), caller["name"].as_str().unwrap_or_default()),
    }
}

#[tokio::test]
async fn the_picture_the_table_and_the_engine_say_the_same() {
    for path in
        ["/topology", "/topology?edges=allowed,direct", "/topology?ns=shop", "/topology?focus=shop%2Freviews&edges=allowed,denied&hops=2"]
    {
        let page = page(path).await;
        let answer = json(SHOP, &path.replace("/topology", "/topology.json")).await;
        let drawn = drawn(svg(&page));
        assert!(!drawn.is_empty(), "{path}");
        assert_eq!(drawn.len(), rows(&page), "{path}");
        assert_eq!(drawn.len(), answer["edges"].as_array().map_or(0, Vec::len), "{path}");
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), drawn.len(), "each edge says something of its own");
        for (nth, title) in drawn.iter().enumerate() {
            let (edge, row) = (format!(r##"<a href="#e{nth}""##), format!(r#"<tr id="e{nth}">"#));
            assert!(page.contains(&edge) && page.contains(&row), "{path}: {title}");
        }
    }
    let all = json(SHOP, "/topology.json?edges=allowed,direct").await;
    let calls = all["edges"].as_array().expect("edges").iter().filter(|edge| edge["kind"] == "allowed");
    let told: BTreeSet<(String, String, u64)> = calls
        .map(|edge| {
            let to = edge["to"].as_str().and_then(|id| id.strip_prefix("Service/")).expect("a Service");
            (caller(edge), to.to_owned(), edge["port"].as_u64().expect("a port"))
        })
        .collect();
    assert_eq!(told, engine(SHOP));
}

#[tokio::test]
async fn what_is_drawn_of_the_shop() {
    let answer = json(SHOP, "/topology.json").await;
    assert_eq!(
        edges(&answer),
        [
            "allowed billing > ratings:80",
            "allowed frontend > reviews:80 GET /reviews*",
            "share reviews > reviews-v1:80 9/10",
            "share reviews > reviews-v2:80 1/10",
            "allowed reviews-v1 > ratings:80",
            "allowed reviews-v2 > ratings:80",
        ]
    );
    assert_eq!(answer["directLeftOut"], 2, "frontend may call both versions, which is said by the split");
    let policies: BTreeSet<&str> =
        answer["edges"].as_array().expect("edges").iter().filter_map(|edge| edge["policies"][0].as_str()).collect();
    assert_eq!(
        policies.into_iter().collect::<Vec<_>>(),
        ["TrafficSplit/shop/canary", "TrafficTarget/shop/ratings", "TrafficTarget/shop/reviews"]
    );
    let access: Vec<String> = answer["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|node| format!("{} {}", node["id"].as_str().unwrap_or_default(), node["access"]))
        .collect();
    assert!(access.contains(&"Service/shop/details \"open\"".to_owned()), "{access:?}");
    assert!(access.contains(&"Deployment/shop/batch null".to_owned()), "{access:?}");
    assert!(access.contains(&"ServiceAccount/office/billing null".to_owned()), "{access:?}");
}

#[tokio::test]
async fn a_focus_has_its_neighbours() {
    let one = json(SHOP, "/topology.json?focus=shop%2Fratings").await;
    assert_eq!(edges(&one), ["allowed billing > ratings:80", "allowed reviews-v1 > ratings:80", "allowed reviews-v2 > ratings:80"]);
    assert_eq!(one["focus"], "Service/shop/ratings");
    let two = json(SHOP, "/topology.json?focus=shop%2Fratings&hops=2").await;
    assert_eq!(edges(&two).len(), 5, "{two}");
    let three = json(SHOP, "/topology.json?focus=shop%2Fratings&hops=3").await;
    assert_eq!(edges(&three).len(), 6, "{three}");
    let page = page("/topology?focus=shop%2Fratings").await;
    assert!(page.contains(r#"<aside class="panel""#) && page.contains("Anyone else") && page.contains(r#"aria-current="true""#));
    assert!(page.contains(r#"href="/ns/shop/services/ratings""#), "the page of the Service is near");
}

#[tokio::test]
async fn denied_calls_are_drawn_around_a_focus_alone() {
    let path = "/topology.json?focus=shop%2Freviews&edges=denied";
    let answer = json(SHOP, path).await;
    assert_eq!(edges(&answer), ["denied batch > reviews:80", "denied details > reviews:80", "denied ratings > reviews:80"]);
    let page = page("/topology?focus=shop%2Freviews&edges=denied").await;
    let titles = drawn(svg(&page));
    assert!(titles[0].starts_with("shop/batch may not call shop/reviews port 80, as sa/shop/batch"), "{titles:?}");
    assert!(page.contains("✘ denied") && page.contains(r#"class="edge denied""#));
    assert!(page.contains("/access/explain?from=sa/shop/batch&#38;to=reviews.shop:80"));
    assert!(json(SHOP, "/topology.json?edges=denied").await["edges"].as_array().is_some_and(Vec::is_empty));
    // A job calls others: what keeps it out stands to its right.
    let batch = json(SHOP, "/topology.json?focus=shop%2Fbatch&edges=denied").await;
    assert_eq!(edges(&batch).len(), 4, "{batch}");
}

#[tokio::test]
async fn finding_keeps_what_fits_and_what_touches_it() {
    for (words, want) in [
        ("ratings", vec!["allowed billing > ratings:80", "allowed reviews-v1 > ratings:80", "allowed reviews-v2 > ratings:80"]),
        ("GET", vec!["allowed frontend > reviews:80 GET /reviews*"]),
        ("split", vec!["share reviews > reviews-v1:80 9/10", "share reviews > reviews-v2:80 1/10"]),
        ("ratings+-billing", vec!["allowed reviews-v1 > ratings:80", "allowed reviews-v2 > ratings:80"]),
        ("canary+v2", vec!["share reviews > reviews-v2:80 1/10"]),
        ("nobody-is-called-so", vec![]),
    ] {
        let answer = json(SHOP, &format!("/topology.json?q={words}")).await;
        assert_eq!(edges(&answer), want, "{words}");
    }
    let open = json(SHOP, "/topology.json?q=open").await;
    let ids: Vec<&str> = open["nodes"].as_array().expect("nodes").iter().filter_map(|node| node["id"].as_str()).collect();
    assert_eq!(
        ids,
        ["Service/shop/details", "Service/shop/frontend", "Service/shop/reviews"],
        "two that are open, and whom one of them calls"
    );
    assert!(page("/topology?q=nobody-is-called-so").await.contains("Nothing fits"));
}

#[tokio::test]
async fn what_cannot_be_asked_says_what_can() {
    for (path, status, words) in [
        ("/topology?focus=shop%2Freview", 404, "Did you mean shop/reviews?"),
        ("/topology?ns=shp", 404, "Did you mean shop?"),
        ("/topology?focus=shop%2Freviews&hops=4", 400, "1, 2 or 3"),
        ("/topology?focus=shop%2Freviews&hops=-1", 400, "no number of hops"),
        ("/topology?edges=dnied", 400, "Did you mean denied?"),
        ("/topology.yaml", 404, "cannot be had as yaml"),
    ] {
        let answer = ask(SHOP, path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.text.contains(words), "{path}: {}", answer.text);
        assert_eq!(answer.text.contains("<form class=\"filter\""), !path.contains(".yaml"), "{path}: what was typed stays, to be mended");
    }
}

#[tokio::test]
async fn without_services_it_says_what_to_add() {
    let answer = ask("", "/topology").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("no Service in the input") && answer.text.contains("kubectl get services"));
    assert!(!answer.text.contains("<svg class=\"graph\""));
}

#[tokio::test]
async fn a_picture_to_keep_is_a_document_of_its_own() {
    let answer = ask(SHOP, "/topology.svg?ns=shop").await;
    assert_eq!((answer.status, answer.kind.as_str()), (StatusCode::OK, "image/svg+xml"));
    let document = Document::parse(&answer.text).expect("well-formed");
    assert_eq!(drawn(&answer.text).len(), 6);
    assert!(!answer.text.contains("href"));
    // The one style is the one that the policy lets in.
    let style = document.descendants().find(|node| node.has_tag_name("style")).and_then(|node| node.text()).expect("a style");
    use base64::Engine as _;
    use sha2::Digest as _;
    let hash = base64::prelude::BASE64_STANDARD.encode(sha2::Sha256::digest(style));
    assert!(answer.policy.contains(&format!("style-src 'sha256-{hash}'")), "{}", answer.policy);
    assert!(
        !answer.policy.contains("unsafe") && answer.policy.contains("frame-ancestors 'none'") && answer.policy.contains("base-uri 'none'")
    );
}

/// So many Services in so many namespaces; each may be called by the one before it.
fn large(namespaces: usize, services: usize) -> String {
    let mut text = String::from(
        "{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {name: large}, spec: {backend: istio, access: {default: deny}}}\n",
    );
    for n in 0..namespaces {
        for s in 0..services {
            let (name, before) = (format!("s-{s}"), format!("s-{}", (s + services - 1) % services));
            let labels = format!("{{app: {name}}}");
            text.push_str(&format!(
                "---\n{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: team-{n}}}, spec: {{selector: {labels}, ports: [{{name: http, port: 80}}]}}}}\n\
                 ---\n{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: team-{n}}}, spec: {{template: {{metadata: {{labels: {labels}}}, spec: {{serviceAccountName: {name}}}}}}}}}\n\
                 ---\n{{apiVersion: specs.smi-spec.io/v1alpha4, kind: TCPRoute, metadata: {{name: {name}, namespace: team-{n}}}, spec: {{}}}}\n\
                 ---\n{{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {{name: {name}, namespace: team-{n}}}, spec: {{destination: {{kind: ServiceAccount, name: {name}}}, \
                 sources: [{{kind: ServiceAccount, name: {before}}}], rules: [{{kind: TCPRoute, name: {name}}}]}}}}\n"
            ));
        }
    }
    text
}

#[tokio::test]
async fn more_than_can_be_drawn_stands_together_by_namespace() {
    let text = large(4, 50);
    let answer = ask(&text, "/topology").await;
    assert_eq!(answer.status, StatusCode::OK);
    let picture = svg(&answer.text);
    assert!(answer.text.contains("200 Services and callers with 200 edges"), "how many there are");
    assert_eq!(drawn(picture), (0..4).map(|n| format!("team-{n} to team-{n}: 50 allowed calls")).collect::<Vec<_>>());
    assert_eq!(rows(&answer.text), 4);
    assert!(picture.contains(r#"href="/topology?ns=team-3""#));
    let machine = json(&text, "/topology.json").await;
    assert_eq!((machine["grouped"].as_bool(), machine["total"].as_u64()), (Some(true), Some(200)));
    assert_eq!(machine["calls"].as_array().map(|calls| calls.len()), Some(4));
    let one = json(&text, "/topology.json?ns=team-3").await;
    assert_eq!((one["grouped"].as_bool(), edges(&one).len()), (Some(false), 50));
}

#[tokio::test]
async fn many_denied_calls_are_counted() {
    let text = large(1, 100);
    let answer = ask(&text, "/topology?focus=team-0%2Fs-7&edges=allowed,denied").await;
    assert!(answer.text.contains("196 denied calls are too many to draw"), "of 98 others each way");
    assert_eq!(rows(&answer.text), 2);
    let found = json(&text, "/topology.json?focus=team-0%2Fs-7&edges=denied&q=s-42").await;
    assert_eq!(edges(&found), ["denied s-42 > s-7:80", "denied s-7 > s-42:80"]);
}

#[tokio::test]
async fn the_page_of_a_service_shows_its_neighbours() {
    let page = page("/ns/shop/services/reviews").await;
    let picture = svg(&page);
    let titles = drawn(picture);
    assert_eq!(titles.len(), 3, "{titles:?}");
    assert!(titles[0].starts_with("shop/frontend may call shop/reviews port 80") && titles[1].contains("90% of all calls"), "{titles:?}");
    assert!(picture.contains(r#"href="/ns/shop/services/reviews-v1""#), "a neighbour leads to its page");
    assert!(picture.contains(r#"id="neighbours-title""#));
    assert!(!self::page("/ns/shop/services/details").await.contains("<svg class=\"graph\""), "nobody is named there");
}

#[tokio::test]
async fn names_in_policy_are_never_markup() {
    let evil = SHOP.replace(
        "{name: read, methods: [GET], pathRegex: /reviews}",
        r#"{name: read, methods: [GET], pathRegex: '/<script>alert(1)</script>"&'}"#,
    );
    for path in [
        "/topology",
        "/topology.svg",
        "/topology?q=%3Cscript%3E&focus=shop%2Freviews",
        "/topology?focus=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    ] {
        let answer = ask(&evil, path).await;
        assert!(!answer.text.contains("<script>"), "{path}");
        if path.ends_with(".svg") {
            assert!(answer.text.contains("&#60;script&#62;"), "{}", answer.text);
            Document::parse(&answer.text).expect("well-formed");
        }
    }
}
