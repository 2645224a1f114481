//! What was seen of a running mesh, in the topology and on the page of a Service.

use std::collections::BTreeSet;

use meshglot_observed::{Call, Party, Verdict};
use roxmltree::Document;
use serde_json::{Value, json};

use crate::markup::{elements, text};
use crate::scripted::{Scripted, call, denied, proxy, workload};
use crate::support::{get, running, shop, view};

/// So many calls of the storefront, of which every tenth is answered by the second version, as many of the job, and one that fails.
fn mesh(calls: u32, attempts: u32) -> Scripted {
    let live = Scripted::new();
    ["shop/reviews-v1", "shop/reviews-v2", "shop/db"].into_iter().for_each(|name| live.proxy(proxy(name)));
    for nth in 0..calls {
        let second = Party { workload: Some("shop/reviews-v2".to_owned()), ..call("").destination };
        live.call(if nth % 10 == 9 { Call { destination: second, ..call("/reviews/1") } } else { call("/reviews/1") });
    }
    if calls > 0 {
        live.call(Call { verdict: Verdict::Failed, status: Some(500), ..call("/reviews/1") });
    }
    for _ in 0..attempts {
        live.call(denied("/reviews/1"));
    }
    live
}

/// Where nodes stand in the picture of a page, by their description.
fn places(page: &str) -> Vec<(String, String)> {
    let document = Document::parse(svg(page)).expect("well-formed");
    let nodes = document.descendants().filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("node ")));
    let titled = |node: &roxmltree::Node<'_, '_>| node.children().find(|child| child.has_tag_name("title"))?.text().map(str::to_owned);
    nodes.filter_map(|node| Some((titled(&node)?, node.attribute("transform")?.to_owned()))).collect()
}

fn svg(page: &str) -> &str {
    let from = page.find("<svg class=\"graph\"").expect("a picture");
    &page[from..from + page[from..].find("</svg>").expect("its end") + "</svg>".len()]
}

/// Class and title of each edge of the picture.
fn drawn(page: &str) -> Vec<(String, String)> {
    let document = Document::parse(svg(page)).expect("well-formed");
    let edges = document.descendants().filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("edge ")));
    let titled = |node: &roxmltree::Node<'_, '_>| node.children().find(|child| child.has_tag_name("title"))?.text().map(str::to_owned);
    edges.filter_map(|edge| Some((edge.attribute("class")?.to_owned(), titled(&edge)?))).collect()
}

fn edge<'a>(answer: &'a Value, kind: &str, from: &str, to: &str) -> &'a Value {
    let ends =
        |edge: &Value| edge["from"].as_str().is_some_and(|id| id.ends_with(from)) && edge["to"].as_str().is_some_and(|id| id.ends_with(to));
    answer["edges"]
        .as_array()
        .expect("edges")
        .iter()
        .find(|edge| edge["kind"] == kind && ends(edge))
        .unwrap_or_else(|| panic!("{kind} {from} {to}: {answer}"))
}

#[tokio::test]
async fn edges_are_seen_unused_or_attempted() {
    let view = running(&shop(), &mesh(99, 12));
    let answer = get(&view, "/topology.json").await.json();
    assert_eq!(
        edge(&answer, "allowed", "shop/web", "shop/reviews")["seen"],
        json!({"calls": 100, "perSecond": 100.0 / 60.0, "succeeded": 99})
    );
    assert_eq!(edge(&answer, "allowed", "shop/reviews-v1", "shop/db")["seen"]["calls"], json!(0));
    let attempt = edge(&answer, "attempted", "shop/batch", "shop/reviews");
    assert_eq!((&attempt["seen"]["calls"], &attempt["policies"]), (&json!(12), &json!([])));
    assert_eq!(edge(&answer, "share", "shop/reviews", "reviews-v2")["seenShare"], json!(0.09));
    assert_eq!(answer["observed"]["windowSeconds"], json!(60.0));

    let page = get(&view, "/topology").await.text;
    assert!(!page.contains("Policy only"), "something runs");
    let edges = drawn(&page);
    let find = |word: &str| edges.iter().find(|(_, title)| title.contains(word)).unwrap_or_else(|| panic!("{word}: {edges:?}"));
    assert_eq!(find("shop/web may call").0, "edge allowed");
    assert!(find("shop/web may call").1.ends_with("; 100 calls seen, 1.7/s, 99% went well"), "{edges:?}");
    assert_eq!(find("shop/reviews-v1 may call shop/db").0, "edge allowed unused");
    assert_eq!(find("shop/batch was denied at shop/reviews port 80").0, "edge denied");
    let words = text(svg(&page));
    for word in ["1.7/s 99%", "unused", "✘ denied 0.20/s", "90% · 91%", "allowed, seen", "allowed, unused", "denied, attempted"] {
        assert!(words.contains(word), "{word}: {words}");
    }
    let rows = elements(&page, "<tbody>", "tbody").concat();
    assert_eq!(rows.matches("<tr id=\"e").count(), edges.len());
    for word in ["1.7/s 99% ok", "0.20/s denied", "unused", "91%"] {
        assert!(text(&rows).contains(word), "{word}: {rows}");
    }
    assert!(page.contains("href=\"/live?svc=shop/reviews&#38;verdict=denied&#38;from=shop/batch\""), "what was tried leads to the calls");
}

#[tokio::test]
async fn numbers_move_nothing() {
    let mut pictures = BTreeSet::new();
    for calls in [0, 1, 40, 4_000] {
        let page = get(&running(&shop(), &mesh(calls, 0)), "/topology").await.text;
        pictures.insert(places(&page));
    }
    assert_eq!(pictures.len(), 1, "whatever was seen, each node stays where it is");
    let mut attempted = BTreeSet::new();
    for attempts in [1, 700] {
        attempted.insert(places(&get(&running(&shop(), &mesh(3, attempts)), "/topology").await.text));
    }
    assert_eq!(attempted.len(), 1);
}

#[tokio::test]
async fn calls_to_what_is_open_are_drawn_as_open() {
    // Without its last object `db` is targeted by no rule, and the Mesh that closes everything is gone.
    let open = shop().replace("default: deny", "default: allow");
    let live = mesh(0, 0);
    let ratings = Party { service: Some("shop/ratings".to_owned()), address: None, ..workload("shop/ratings", "") };
    live.call(Call { destination: ratings, policy: None, ..call("/ratings/1") });
    let view = running(&open, &live);
    let answer = get(&view, "/topology.json").await.json();
    let seen = edge(&answer, "allowed", "shop/web", "shop/ratings");
    assert_eq!((&seen["policies"], &seen["seen"]["calls"]), (&json!([]), &json!(1)));
    assert!(drawn(&get(&view, "/topology").await.text).iter().any(|(class, title)| class == "edge open" && title.contains("shop/ratings")));
    let without = get(&view, "/topology.json?edges=allowed").await.json();
    assert_eq!(
        without["edges"].as_array().map(Vec::len),
        answer["edges"].as_array().map(|all| all.len() - 1),
        "unless they are not asked for"
    );
}

#[tokio::test]
async fn around_a_focus_denied_calls_tell_whether_they_were_tried() {
    let view = running(&shop(), &mesh(1, 6));
    let answer = get(&view, "/topology.json?focus=shop/reviews&edges=denied,observed").await.json();
    assert_eq!(edge(&answer, "denied", "shop/batch", "shop/reviews")["seen"]["calls"], json!(6));
    assert_eq!(edge(&answer, "denied", "shop/ratings", "shop/reviews")["seen"]["calls"], json!(0));
    let kinds: Vec<&str> = answer["edges"].as_array().expect("edges").iter().filter_map(|edge| edge["kind"].as_str()).collect();
    assert!(!kinds.contains(&"attempted"), "each is drawn once: {kinds:?}");
    let page = get(&view, "/topology?focus=shop/reviews&edges=denied,observed").await.text;
    assert!(text(svg(&page)).contains("denied, not attempted"));
}

#[tokio::test]
async fn callers_that_stand_nowhere_are_counted() {
    let live = mesh(0, 0);
    let stranger = Party { address: Some("10.9.8.7".to_owned()), ..Party::default() };
    for _ in 0..30 {
        live.call(Call { source: stranger.clone(), ..denied("/reviews/1") });
    }
    let view = running(&shop(), &live);
    assert_eq!(get(&view, "/topology.json").await.json()["observed"]["elsewhere"], json!(30));
    assert!(get(&view, "/topology").await.text.contains("0.50/s more are seen of callers"));
    assert!(get(&view, "/ns/shop/services/reviews").await.text.contains(">10.9.8.7</a>"), "the page of the Service names them");
}

#[tokio::test]
async fn a_service_tells_who_called_it_and_whom_it_called() {
    let live = mesh(99, 12);
    let db = Party { service: Some("shop/db".to_owned()), ..workload("shop/db", "") };
    let reviews = workload("shop/reviews-v2", "spiffe://cluster.local/ns/shop/sa/reviews");
    live.call(Call { source: reviews, destination: db, policy: Some("TrafficTarget/shop/reviews-use-db".to_owned()), ..call("") });
    let view = running(&shop(), &live);
    let answer = get(&view, "/ns/shop/services/reviews.json").await.json();
    let told = |side: &str| -> Vec<String> {
        let peer = |peer: &Value| format!("{} {} {} {}", peer["name"], peer["verdict"], peer["calls"], peer["policy"]).replace('"', "");
        answer["seen"][side].as_array().expect("peers").iter().map(peer).collect()
    };
    let rule = "TrafficTarget/shop/web-reads-reviews";
    assert_eq!(
        told("callers"),
        ["shop/batch denied 12 null", &format!("shop/web allowed 99 {rule}"), &format!("shop/web failed 1 {rule}")]
    );
    assert_eq!(told("callees"), ["shop/db allowed 1 TrafficTarget/shop/reviews-use-db"]);
    assert_eq!(answer["routes"][0]["destinations"][1]["seen"], json!(0.09));
    let page = get(&view, "/ns/shop/services/reviews").await.text;
    assert!(page.contains("90.00%, 91% seen"), "{page}");
    assert!(text(&page).contains("Who called it in the last minute"));
    let second = get(&view, "/ns/shop/services/reviews-v2.json").await.json();
    assert_eq!(second["seen"]["callers"][0]["calls"], json!(9), "what a version has answered through the split");
}

#[tokio::test]
async fn a_share_of_few_calls_is_not_told() {
    for (calls, want) in [(28, Value::Null), (29, json!(2.0 / 30.0))] {
        let answer = get(&running(&shop(), &mesh(calls, 0)), "/ns/shop/services/reviews.json").await.json();
        assert_eq!(answer["routes"][0]["destinations"][1]["seen"], want, "{calls} and one that failed");
    }
}

#[tokio::test]
async fn where_nothing_runs_pages_say_so() {
    let view = view(&shop());
    let page = get(&view, "/topology").await.text;
    assert!(page.contains("Policy only: nothing runs by it here") && !page.contains("data-every"), "{page}");
    assert_eq!(get(&view, "/topology.json").await.json().get("observed"), None);
    let service = get(&view, "/ns/shop/services/reviews").await.text;
    assert!(!service.contains("in the last minute") && !service.contains("data-every"));
}
