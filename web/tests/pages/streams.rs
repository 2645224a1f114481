//! Streams of calls and events: what comes, what does not come twice, and what is told to be missing.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{Method, StatusCode};
use meshglot_observed::{Call, Direction, Kind};
use test_case::test_case;
use tokio_stream::StreamExt;
use tower::ServiceExt;

use crate::scripted::{KEPT, Scripted, call, denied, proxy};
use crate::support::{get, request, running, running_below, shop, view};

/// Long enough for a machine that is busy.
const SOON: Duration = Duration::from_secs(20);

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Told {
    name: String,
    id: String,
    data: String,
}

/// A browser that listens.
struct Listener {
    body: BodyDataStream,
    rest: String,
}

impl Listener {
    /// `last`: the id of the newest event that it has.
    async fn new(view: &Router, path: &str, last: Option<&str>) -> Self {
        let asked = request(Method::GET, path);
        let asked = if let Some(last) = last { asked.header("last-event-id", last) } else { asked };
        let answer = view.clone().oneshot(asked.body(Body::empty()).expect("a request")).await.expect("the router always answers");
        assert_eq!((answer.status(), answer.headers()["content-type"].as_bytes()), (StatusCode::OK, &b"text/event-stream"[..]), "{path}");
        Self { body: answer.into_body().into_data_stream(), rest: String::new() }
    }

    /// The next event but those that come by the clock, or by the state of policy.
    async fn next(&mut self) -> Told {
        loop {
            let told = self.any().await;
            if !["rates", "state"].contains(&told.name.as_str()) {
                return told;
            }
        }
    }

    async fn any(&mut self) -> Told {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let field = |name: &str| {
                    let lines = event.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                    lines.map(|text| text.strip_prefix(' ').unwrap_or(text)).collect::<Vec<_>>().join("\n")
                };
                let told = Told { name: field("event"), id: field("id"), data: field("data") };
                self.rest = rest.to_owned();
                if !told.name.is_empty() {
                    return told;
                }
                continue;
            }
            let piece =
                tokio::time::timeout(SOON, self.body.next()).await.expect("an event comes").expect("the stream goes on").expect("bytes");
            self.rest += std::str::from_utf8(&piece).expect("UTF-8");
        }
    }

    /// The ids of the next so many rows, and nothing else between them.
    async fn rows(&mut self, count: usize) -> Vec<u64> {
        let mut ids = Vec::new();
        while ids.len() < count {
            let told = self.next().await;
            assert_eq!(told.name, "row", "{told:?}");
            ids.push(told.id.parse().expect("a number"));
        }
        ids
    }
}

/// A mesh that has had so many calls.
fn mesh(calls: u64) -> Scripted {
    let live = Scripted::new();
    live.proxy(proxy("shop/reviews-v1"));
    (1..=calls).for_each(|nth| assert_eq!(live.call(call(&format!("/reviews/{nth}"))), nth));
    live
}

#[tokio::test]
async fn a_line_of_the_stream_is_that_of_the_page() {
    let live = mesh(0);
    let view = running(&shop(), &live);
    let mut listener = Listener::new(&view, "/sse/live", None).await;
    live.call(call("/reviews/1"));
    live.call(denied("/reviews/2\r\n<b>"));
    let page = get(&view, "/live").await.text;
    for id in ["1", "2"] {
        let told = listener.next().await;
        assert_eq!((told.name.as_str(), told.id.as_str()), ("row", id));
        assert!(page.replace('\r', "&#13;").contains(&told.data), "{}\n{page}", told.data);
        assert!(told.data.starts_with(&format!("<tr id=\"c{id}\">")) && told.data.ends_with("</tr>"), "{}", told.data);
    }
}

#[tokio::test]
async fn who_comes_back_has_each_call_once() {
    let live = mesh(3);
    let view = running(&shop(), &live);
    let page = get(&view, "/live").await.text;
    let path = page.split("data-stream=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a stream").replace("&#38;", "&");
    let mut listener = Listener::new(&view, &path, None).await;
    live.call(call("/reviews/4"));
    assert_eq!(listener.rows(1).await, [4], "what the page has does not come again");
    drop(listener);
    (5..=30).for_each(|nth| assert_eq!(live.call(call(&format!("/reviews/{nth}"))), nth));
    let mut again = Listener::new(&view, &path, Some("4")).await;
    assert_eq!(again.rows(26).await, (5..=30).collect::<Vec<_>>(), "without a gap");
    live.call(call("/reviews/31"));
    assert_eq!(again.rows(1).await, [31]);
}

#[tokio::test]
async fn numbers_come_by_themselves_and_tell_how_far_was_looked() {
    let live = mesh(3);
    let view = running(&shop(), &live);
    let mut listener = Listener::new(&view, "/sse/live?q=nothing-has-this", Some("1")).await;
    let told = loop {
        let told = listener.any().await;
        if told.name == "rates" {
            break told;
        }
        assert_ne!(told.name, "row", "{told:?}");
    };
    assert_eq!(told.id, "3", "who comes back then is told of no gap");
    assert!(told.data.contains("3 calls of the last 60 s"), "{}", told.data);
}

#[tokio::test]
async fn filters_hold_in_the_stream() {
    let live = mesh(0);
    let view = running(&shop(), &live);
    let mut listener = Listener::new(&view, "/sse/live?verdict=denied&from=batch&after=0", None).await;
    live.call(call("/reviews/1"));
    live.call(denied("/reviews/2"));
    live.call(Call { direction: Direction::Outbound, ..denied("/reviews/2") });
    live.call(denied("/reviews/3"));
    assert_eq!(listener.rows(2).await, [2, 4]);
    assert_eq!(get(&view, "/sse/live?verdict=nothing").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_is_not_remembered_is_told_to_be_missing() {
    let live = mesh(10 + KEPT as u64 + 5);
    let view = running(&shop(), &live);
    let mut listener = Listener::new(&view, "/sse/live", Some("10")).await;
    let told = listener.next().await;
    // Of those that are remembered the newest 200 are told.
    assert_eq!((told.name.as_str(), told.data.as_str(), told.id.as_str()), ("gap", &*(5 + KEPT - 200).to_string(), ""));
    let ids = listener.rows(200).await;
    assert_eq!((ids[0], ids[199]), (live.call(call("/last")) - 200, 10 + KEPT as u64 + 5));
    assert_eq!(listener.rows(1).await.len(), 1);
}

#[test_case("/sse/live", Some("99") ; "ids that are to come")]
#[test_case("/sse/live?after=2&run=another", None ; "a page of another process")]
#[test_case("/sse/live?after=2&run=another", Some("2") ; "the same, by what it has")]
#[test_case("/sse/events?after=2&run=another", None ; "events")]
#[tokio::test]
async fn after_a_restart_the_page_is_asked_for_again(path: &str, last: Option<&str>) {
    let live = mesh(3);
    live.happens(Kind::Started, "shop/web", "connected");
    let mut listener = Listener::new(&running(&shop(), &live), path, last).await;
    let told = listener.next().await;
    assert_eq!((told.name.as_str(), told.data.is_empty()), ("restart", false), "an event without data reaches nobody");
    assert_eq!(listener.next().await.name, "row", "who does not ask again misses nothing that is remembered");
}

#[tokio::test]
async fn who_leaves_does_not_look_any_more() {
    let live = mesh(1);
    let view = running(&shop(), &live);
    let mut listener = Listener::new(&view, "/sse/live", None).await;
    assert_eq!(listener.rows(1).await, [1]);
    assert_eq!(live.lookers(), 1);
    drop(listener);
    let gone = async {
        while live.lookers() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, gone).await.expect("nobody looks");
}

#[tokio::test]
async fn calls_that_come_fast_come_in_batches() {
    let live = mesh(0);
    let view = running(&shop(), &live);
    let mut listener = Listener::new(&view, "/sse/live?after=0", None).await;
    live.call(call("/first"));
    assert_eq!(listener.rows(1).await, [1]);
    (2..=1_000).for_each(|nth| assert_eq!(live.call(call("/more")), nth));
    let told = listener.next().await;
    assert_eq!((told.name.as_str(), told.data.as_str()), ("gap", "799"));
    assert_eq!(listener.rows(200).await, (801..=1_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_event_comes_once_and_again_where_it_happens_again() {
    let live = mesh(0);
    live.happens(Kind::Started, "shop/web", "connected");
    let view = running(&shop(), &live);
    let mut listener = Listener::new(&view, "/sse/events?after=1", None).await;
    live.happens(Kind::Blocked, "mesh/policy.yaml:3", "not put in force");
    assert_eq!(listener.rows(1).await, [2]);
    live.happens(Kind::Blocked, "mesh/policy.yaml:3", "not put in force");
    let again = listener.next().await;
    assert_eq!((again.id.as_str(), again.data.contains("2 times")), ("2", true), "{again:?}");
    drop(listener);
    live.happens(Kind::InForce, "", "policy 8 is in force");
    let mut back = Listener::new(&view, "/sse/events?after=1", Some("2")).await;
    assert_eq!(back.rows(1).await, [3]);
}

#[tokio::test]
async fn links_of_a_line_stay_below_the_base() {
    let live = mesh(1);
    live.happens(Kind::Started, "shop/web", "connected");
    let view = running_below(&shop(), &live, "/mesh/");
    for path in ["/mesh/sse/live", "/mesh/sse/events"] {
        let told = Listener::new(&view, path, None).await.next().await;
        let links: Vec<&str> = told.data.split("href=\"").skip(1).collect();
        assert!(!links.is_empty() && links.iter().all(|link| link.starts_with("/mesh/")), "{}", told.data);
    }
    let page = get(&view, "/mesh/live?svc=shop/reviews").await.text;
    assert!(page.contains("data-stream=\"/mesh/sse/live?svc=shop/reviews&#38;after=1&#38;run="), "{page}");
}

#[tokio::test]
async fn states_of_policy_have_a_stream_of_their_own() {
    assert_eq!(get(&view(&shop()), "/sse/state").await.status, StatusCode::NO_CONTENT, "files that are not followed");
    assert_eq!(get(&view(&shop()), "/sse/state").await.text, "");
}
