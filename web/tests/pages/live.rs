//! The page of calls: which ones, in which order, what is said of each, and how many there are.

use axum::http::StatusCode;
use meshglot_observed::{Call, Direction, Party, Verdict};
use serde_json::{Value, json};
use test_case::test_case;

use crate::markup::{elements, text};
use crate::scripted::{Scripted, call, denied, proxy};
use crate::support::{get, running, shop, view};

/// A mesh with a proxy before each workload that is called here.
fn mesh(calls: impl IntoIterator<Item = Call>) -> Scripted {
    let live = Scripted::new();
    ["shop/reviews-v1", "shop/reviews-v2", "shop/web"].into_iter().for_each(|workload| live.proxy(proxy(workload)));
    for call in calls {
        live.call(call);
    }
    live
}

/// The lines of the page, the cells of each as text.
fn lines(page: &str) -> Vec<Vec<String>> {
    let body = elements(page, "<tbody id=\"calls\">", "tbody").concat();
    let lines = body.split("<tr id=\"c").skip(1);
    lines.map(|line| elements(line, "<td", "td").into_iter().map(|cell| text(cell.split_once('>').expect("a tag").1)).collect()).collect()
}

fn paths(answer: &Value) -> Vec<&str> {
    answer["calls"].as_array().expect("calls").iter().map(|call| call["path"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_call_is_told_with_what_decided_it() {
    let view = running(&shop(), &mesh([call("/reviews/1?a=b"), denied("/reviews/2")]));
    let page = get(&view, "/live").await;
    assert_eq!(page.status, StatusCode::OK);
    let want = [
        ["14:05:05.250", "✘ denied", "shop/batch", "shop/reviews shop/reviews-v1", "GET /reviews/2", "403", "3", "default"],
        [
            "14:05:05.250",
            "✔ allowed",
            "shop/web",
            "shop/reviews shop/reviews-v1",
            "GET /reviews/1?a=b",
            "200",
            "3",
            "TrafficTarget/shop/web-reads-reviews",
        ],
    ];
    assert_eq!(lines(&page.text), want.map(|line| line.map(str::to_owned).to_vec()));
    assert!(page.text.contains("href=\"/policies/traffictarget/shop/web-reads-reviews\""));
    let why = "/access/explain?from=sa/shop/batch&#38;to=reviews.shop:80&#38;path=/reviews/2\"";
    assert!(page.text.contains(why), "{}", page.text);
    let trace = get(&view, &why.replace("&#38;", "&").replace('"', "").replace("explain?", "explain.json?")).await.json();
    assert_eq!(trace["neutral"]["verdict"], "deny", "the trace says what the proxy did");
}

#[tokio::test]
async fn the_newest_come_first_and_no_more_than_can_be_read() {
    let view = running(&shop(), &mesh((1..=3_000).map(|nth| call(&format!("/reviews/{nth}")))));
    let page = get(&view, "/live").await.text;
    let shown = lines(&page);
    assert_eq!((shown.len(), shown[0][4].as_str(), shown[199][4].as_str()), (200, "GET /reviews/3000", "GET /reviews/2801"));
    assert!(page.len() < 200_000, "{} bytes", page.len());
    let answer = get(&view, "/live.json").await.json();
    assert_eq!(
        (answer["calls"].as_array().map(Vec::len), &answer["newest"], &answer["rates"]["calls"]),
        (Some(200), &json!(3_000), &json!(3_000))
    );
    assert_eq!(answer["rates"]["perSecond"], json!(50.0));
    assert!(page.contains("50.0/s") && page.contains("data-stream=\"/sse/live?after=3000&#38;run="), "{page}");
}

#[test_case("svc=shop/reviews", &["/d", "/b", "/a"] ; "a Service that is called")]
#[test_case("svc=batch", &["/b"] ; "a workload that calls, in any namespace")]
#[test_case("verdict=denied", &["/b"] ; "a verdict")]
#[test_case("from=WEB", &["/d", "/a"] ; "a part of the caller's name, in any case")]
#[test_case("to=ratings", &["/c"] ; "the called")]
#[test_case("q=rbac", &["/b"] ; "what the proxy said")]
#[test_case("q=%2Fa", &["/a"] ; "a path")]
#[test_case("from=web&verdict=failed", &["/d"] ; "all of it at once")]
#[test_case("svc=nobody", &[] ; "nothing")]
#[tokio::test]
async fn filters(query: &str, want: &[&str]) {
    let ratings = Party { service: Some("shop/ratings".to_owned()), workload: Some("shop/ratings".to_owned()), ..Party::default() };
    let reviews = Party { workload: Some("shop/reviews-v2".to_owned()), ..Party::default() };
    let failed = Call { verdict: Verdict::Failed, status: Some(503), ..call("/d") };
    let calls = [call("/a"), denied("/b"), Call { source: reviews, destination: ratings, ..call("/c") }, failed];
    let view = running(&shop(), &mesh(calls));
    let answer = get(&view, &format!("/live.json?{query}")).await.json();
    assert_eq!(paths(&answer), want);
    let page = get(&view, &format!("/live?{query}")).await.text;
    assert_eq!(lines(&page).len(), want.len());
    assert_eq!(page.contains("<p class=\"quiet\" id=\"none\" hidden>"), !want.is_empty(), "an empty list says so");
}

#[tokio::test]
async fn a_filter_that_is_none_is_told_in_the_form() {
    let view = running(&shop(), &mesh([]));
    let page = get(&view, "/live?verdict=denyed").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains("Did you mean denied?"), "{}", page.text);
    assert_eq!(get(&view, "/live.json?verdict=denyed").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn numbers_follow_the_ends_and_not_the_verdict() {
    let calls = || (0..6).map(|_| call("/a")).chain((0..2).map(|_| denied("/b")));
    let view = running(&shop(), &mesh(calls()));
    let verdicts = async |query: &str| {
        let answer = get(&view, &format!("/live.json?{query}")).await.json();
        let of = |nth: usize| answer["rates"]["verdicts"][nth]["calls"].as_u64().expect("a count");
        assert_eq!(answer["rates"]["calls"].as_u64(), Some(of(0) + of(1) + of(2)));
        (of(0), of(1), of(2))
    };
    assert_eq!(verdicts("").await, (6, 2, 0));
    assert_eq!(verdicts("verdict=denied&q=nothing").await, (6, 2, 0));
    assert_eq!(verdicts("from=batch").await, (0, 2, 0));
    let answer = get(&view, "/live.json").await.json();
    assert_eq!(answer["rates"]["verdicts"][1], json!({"verdict": "denied", "calls": 2, "share": 0.25}));
    let seconds = answer["rates"]["seconds"].as_array().expect("seconds");
    assert_eq!((seconds.len(), &seconds[58]), (60, &json!({"calls": 8, "bad": 2})), "they began a second before");
    let page = get(&view, "/live").await.text;
    assert!(page.contains("2, 25%") && page.contains("at most 8; of 8 that are remembered 2 denied or failed"), "{page}");
}

#[tokio::test]
async fn what_both_proxies_see_is_one_call() {
    let outbound = |call: Call| Call { direction: Direction::Outbound, ..call };
    let old = Party { service: Some("shop/ratings".to_owned()), workload: Some("shop/ratings".to_owned()), ..Party::default() };
    let never = Call { verdict: Verdict::Failed, status: Some(503), flags: Some("UF".to_owned()), ..call("/never-arrived") };
    let error = Call { verdict: Verdict::Failed, status: Some(500), ..call("/error") };
    let calls = [
        outbound(call("/seen-twice")),
        call("/seen-twice"),
        outbound(never),
        outbound(error.clone()),
        error,
        outbound(Call { destination: old, ..call("/without-a-proxy") }),
    ];
    let view = running(&shop(), &mesh(calls));
    let shown = lines(&get(&view, "/live").await.text);
    assert_eq!(shown[2][5], "503 UF", "why it failed is what its proxy says");
    let answer = get(&view, "/live.json").await.json();
    assert_eq!(paths(&answer), ["/without-a-proxy", "/error", "/never-arrived", "/seen-twice"]);
    assert_eq!(answer["rates"]["calls"], json!(4));
}

#[tokio::test]
async fn what_callers_send_is_never_markup() {
    let evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
    let party = Party { workload: Some(evil.to_owned()), identity: Some(evil.to_owned()), ..Party::default() };
    let call = Call {
        at: evil.to_owned(),
        source: party,
        policy: Some(evil.to_owned()),
        method: Some(evil.to_owned()),
        flags: Some(evil.to_owned()),
        details: Some(evil.to_owned()),
        authority: Some(evil.to_owned()),
        ..call(evil)
    };
    let view = running(&shop(), &mesh([call]));
    let query = "%22%27%3E%3Cscript%3E";
    for path in ["/live", &format!("/live?svc={query}&from={query}&to={query}&q={query}"), &format!("/live?verdict={query}")] {
        let page = get(&view, path).await.text;
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x") && !page.contains("\"'>"), "{path}: {page}");
    }
    let shown = lines(&get(&view, "/live").await.text);
    assert!(shown[0][4].contains("<script>alert(1)</script>"), "it is shown as it was sent: {shown:?}");
}

#[tokio::test]
async fn a_long_path_is_cut_in_the_page_alone() {
    let long = format!("/{}", "é".repeat(5_000));
    let view = running(&shop(), &mesh([call(&long)]));
    let shown = lines(&get(&view, "/live").await.text);
    assert_eq!((shown[0][4].chars().count(), shown[0][4].ends_with('…')), ("GET ".len() + 201, true));
    assert_eq!(get(&view, "/live.json").await.json()["calls"][0]["path"], json!(long));
}

/// Of `kind`: what a document has that its schema forbids, or lacks that it asks for.
fn wrong(kind: &str, document: &Value) -> Vec<String> {
    let (_, schema) = meshglot_web::schemas().into_iter().find(|(of, _)| *of == kind).expect("a schema");
    let validator = jsonschema::draft202012::new(&schema.to_value()).expect("a schema");
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[tokio::test]
async fn data_is_as_its_schema_says() {
    let view = running(&shop(), &mesh([call("/a"), denied("/b")]));
    for (path, kind) in [("/live.json", "LiveCalls"), ("/topology.json", "Topology"), ("/ns/shop/services/reviews.json", "Service")] {
        let document = get(&view, path).await.json();
        assert_eq!((&document["kind"], wrong(kind, &document)), (&json!(kind), Vec::new()));
    }
    let document = get(&view, "/live.json").await.json();
    let mut other = document.clone();
    other["calls"][0]["verdict"] = json!("perhaps");
    assert_eq!(wrong("LiveCalls", &other).len(), 1, "a schema that takes anything holds nothing");
}

#[tokio::test]
async fn who_does_not_look_any_more_is_not_counted() {
    let live = mesh([call("/a")]);
    let view = running(&shop(), &live);
    get(&view, "/live").await;
    assert_eq!(live.lookers(), 0);
}

#[test_case("/live")]
#[test_case("/proxies")]
#[test_case("/events")]
#[tokio::test]
async fn without_a_mesh_a_page_says_so_and_what_starts_one(path: &str) {
    let view = view(&shop());
    let page = get(&view, path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("meshglot demo") && page.text.contains("--proxy meshglot --web 127.0.0.1:0"), "{}", page.text);
    assert!(!page.text.contains(&format!("href=\"{path}\" aria-current")), "the menu has no such entry");
    let data = get(&view, &format!("{path}.json")).await;
    assert_eq!((data.status, &data.json()["kind"]), (StatusCode::NOT_FOUND, &json!("Problem")));
    if path != "/proxies" {
        assert_eq!(get(&view, &format!("/sse{path}")).await.status, StatusCode::NO_CONTENT, "there will be nothing to tell");
    }
    let running = get(&running(&shop(), &mesh([])), path).await.text;
    assert!(running.contains(&format!("href=\"{path}\" aria-current=\"page\"")), "{running}");
}
