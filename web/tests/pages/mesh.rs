//! Pages of proxies and events: what is told of each, and the feed that others read.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use meshglot_observed::{Kind, ProxyAnswer, RefusalAnswer, RefusedAnswer, Sync};
use roxmltree::Document;
use serde_json::json;
use test_case::test_case;

use crate::markup::{command, elements, text};
use crate::scripted::{Scripted, proxy};
use crate::support::{get, running, shop};

fn cells(page: &str, table: usize) -> Vec<Vec<String>> {
    let bodies = elements(page, "<tbody", "tbody");
    let lines = bodies.get(table).copied().unwrap_or_default().split("<tr").skip(1);
    let cells = |line: &str| {
        line.split("<td")
            .flat_map(|part| part.split("<th"))
            .skip(1)
            .map(|cell| text(cell.split_once('>').expect("a tag").1).trim_end().to_owned())
            .collect()
    };
    lines.map(cells).collect()
}

#[tokio::test]
async fn a_proxy_is_told_with_how_far_it_is() {
    let live = Scripted::new();
    live.proxy(proxy("shop/web"));
    live.proxy(ProxyAnswer { sync: Sync::Stale, revision: Some(5), ..proxy("shop/db") });
    let absent = ProxyAnswer {
        sync: Sync::Absent,
        instance: None,
        revision: None,
        since: None,
        identity: None,
        software: None,
        resources: Default::default(),
        ..proxy("shop/batch")
    };
    live.proxy(absent);
    let why = "route `<b>` leads nowhere".to_owned();
    let refused = vec![RefusedAnswer { kind: "RDS".to_owned(), name: "http".to_owned(), why: why.clone() }];
    live.proxy(ProxyAnswer { sync: Sync::Refused, refused, ..proxy("shop/reviews-v1") });
    let last = RefusalAnswer { kind: "LDS".to_owned(), why: "once".to_owned(), at: "2026-05-31T12:05:06Z".to_owned() };
    live.proxy(ProxyAnswer { last_refusal: Some(last), ..proxy("shop/reviews-v2") });

    let view = running(&shop(), &live);
    let page = get(&view, "/proxies").await.text;
    let rows = cells(&page, 0);
    let columns = |nth: usize| rows.iter().map(|row| row[nth].as_str()).collect::<Vec<_>>();
    assert_eq!(columns(0), ["shop/batch", "shop/db", "shop/reviews-v1", "shop/reviews-v2", "shop/web"]);
    assert_eq!(columns(2), ["· absent", "! stale", "✘ refused", "✔ in sync", "✔ in sync"]);
    assert_eq!(columns(3), ["", "5 of 7 2 behind", "7 of 7", "7 of 7", "7 of 7"]);
    assert_eq!(
        (rows[0][1].as_str(), rows[4][4].as_str(), rows[4][5].as_str()),
        ("none is connected", "2026-05-31 14:02:06 UTC 3 min ago", "4 CDS, 2 LDS")
    );
    assert_eq!((rows[4][6].as_str(), rows[4][7].as_str()), ("spiffe://cluster.local/ns/shop/sa/web", "meshglot 0.1.0"));
    let refusals: Vec<String> = cells(&page, 1).iter().map(|row| row.join(" | ")).collect();
    assert_eq!(
        refusals,
        [
            "shop/reviews-v1 | 10.0.0.1 | RDS | http | route <b> leads nowhere | now",
            "shop/reviews-v2 | 10.0.0.1 | LDS | mended, or not told | once | 2026-05-31 12:05:06 UTC 120 min ago"
                .replace("120 min", "2 h")
                .as_str(),
        ]
    );
    assert!(page.contains("<code>&#60;b&#62;</code>"), "names are escaped, and code is code");
    assert_eq!(command(&page).as_deref(), Some("meshglot proxy status --config-dir mesh"));
    let answer = get(&view, "/proxies.json").await.json();
    assert_eq!((&answer["kind"], answer["proxies"].as_array().map(Vec::len)), (&json!("ProxyStatus"), Some(5)));
}

#[tokio::test]
async fn without_a_refusal_the_page_says_so() {
    let page = get(&running(&shop(), &Scripted::new()), "/proxies").await.text;
    assert!(page.contains("No proxy has refused anything"), "{page}");
}

/// What happened to a mesh: three proxies, one of them twice, and policy that is wrong.
fn happened() -> Scripted {
    let live = Scripted::new();
    live.is_now("2026-05-31T14:00:00Z");
    live.happens(Kind::InForce, "", "policy 7 is in force");
    live.happens(Kind::Trouble, "shop/web", "no proxy is connected");
    live.is_now("2026-05-31T14:01:00Z");
    live.happens(Kind::Trouble, "shop/web", "no proxy is connected");
    live.happens(Kind::Blocked, "mesh/\"><i>.yaml:3", "`<b>` is & no field\u{1}");
    live
}

#[tokio::test]
async fn the_newest_event_comes_first_and_repeats_stand_together() {
    let view = running(&shop(), &happened());
    let page = get(&view, "/events").await.text;
    let rows: Vec<String> = cells(&page, 0).iter().map(|row| row.join(" | ")).collect();
    assert_eq!(
        rows,
        [
            "2026-05-31 14:01:00 UTC 0 s ago | ✘ blocked | mesh/\"><i>.yaml:3 | <b> is & no field\u{1} | once",
            "2026-05-31 14:01:00 UTC 0 s ago | ✘ trouble | shop/web | no proxy is connected | 2 times",
            "2026-05-31 14:00:00 UTC 60 s ago | ✔ in force | the mesh | policy 7 is in force | once",
        ]
    );
    for id in 1..=3 {
        assert!(page.contains(&format!("<tr id=\"e{id}\">")) && page.contains(&format!("href=\"/events#e{id}\"")), "{id}");
    }
    let answer = get(&view, "/events.json").await.json();
    assert_eq!((&answer["kind"], &answer["events"][1]["count"]), (&json!("Events"), &json!(2)));
}

#[test_case("kind=trouble", &[2] ; "a kind")]
#[test_case("q=IN+FORCE", &[1] ; "words")]
#[test_case("q=shop/web", &[2] ; "what it is about")]
#[test_case("kind=trouble&q=policy", &[] ; "nothing")]
#[tokio::test]
async fn events_are_chosen(query: &str, want: &[u64]) {
    let view = running(&shop(), &happened());
    let ids = |answer: serde_json::Value| -> Vec<u64> {
        answer["events"].as_array().expect("events").iter().filter_map(|one| one["id"].as_u64()).collect()
    };
    assert_eq!(ids(get(&view, &format!("/events.json?{query}")).await.json()), want);
    let page = get(&view, &format!("/events?{query}")).await.text;
    assert_eq!(page.matches("<tr id=\"e").count(), want.len());
    let feed = get(&view, &format!("/events.atom?{query}")).await.text;
    assert_eq!(feed.matches("<entry>").count(), want.len());
}

#[tokio::test]
async fn a_kind_that_is_none_is_told() {
    let view = running(&shop(), &happened());
    assert_eq!(get(&view, "/events.json?kind=troubles").await.status, StatusCode::BAD_REQUEST);
    assert!(get(&view, "/events?kind=troubles").await.text.contains("Did you mean trouble?"));
}

/// What RFC 4287 asks of a feed.
fn judge(feed: &str) -> Vec<String> {
    const ATOM: &str = "http://www.w3.org/2005/Atom";
    let document = match Document::parse(feed) {
        Ok(document) => document,
        Err(error) => return vec![error.to_string()],
    };
    let root = document.root_element();
    let mut wrong = Vec::new();
    let children = |node: roxmltree::Node<'_, '_>, name: &str| node.children().filter(|child| child.has_tag_name((ATOM, name))).count();
    let text = |node: roxmltree::Node<'_, '_>, name: &str| {
        let found = node.children().find(|child| child.has_tag_name((ATOM, name)));
        found.and_then(|child| child.text()).unwrap_or_default().to_owned()
    };
    if !root.has_tag_name((ATOM, "feed")) {
        wrong.push("it is no feed".to_owned());
    }
    let entries: Vec<_> = root.children().filter(|child| child.has_tag_name((ATOM, "entry"))).collect();
    for node in std::iter::once(root).chain(entries.iter().copied()) {
        for name in ["id", "title", "updated"] {
            if children(node, name) != 1 || text(node, name).is_empty() {
                wrong.push(format!("not one {name} in {}", node.tag_name().name()));
            }
        }
        if !text(node, "id").contains(':') {
            wrong.push(format!("{} is no IRI", text(node, "id")));
        }
        if time::OffsetDateTime::parse(&text(node, "updated"), &time::format_description::well_known::Rfc3339).is_err() {
            wrong.push(format!("{} is no time", text(node, "updated")));
        }
    }
    if children(root, "author") != 1 {
        wrong.push("nobody wrote it".to_owned());
    }
    let ids: BTreeSet<String> = entries.iter().map(|entry| text(*entry, "id")).collect();
    if ids.len() != entries.len() {
        wrong.push("two entries of one id".to_owned());
    }
    let times: Vec<String> = entries.iter().map(|entry| text(*entry, "updated")).collect();
    if times.first().is_some_and(|newest| *newest != text(root, "updated")) {
        wrong.push("it is not as new as its newest entry".to_owned());
    }
    wrong
}

#[tokio::test]
async fn the_feed_is_one() {
    let view = running(&shop(), &happened());
    let feed = get(&view, "/events.atom").await;
    assert_eq!(feed.header("content-type"), "application/atom+xml; charset=utf-8");
    assert_eq!(judge(&feed.text), Vec::<String>::new(), "{}", feed.text);
    assert!(feed.text.contains("trouble: shop/web: no proxy is connected (2 times)"), "{}", feed.text);
    assert_eq!(get(&view, "/events.atom").await.text, feed.text, "who asks again finds the same ids");
    assert_eq!(judge(&get(&running(&shop(), &Scripted::new()), "/events.atom").await.text), Vec::<String>::new(), "of nothing");
}

#[test]
fn the_judge_of_feeds_sees_what_is_wrong() {
    let entry = "<entry><id>tag:a,2026:1</id><title>t</title><updated>2026-05-31T14:00:00Z</updated></entry>";
    let feed = |entries: &str| {
        format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>tag:a,2026:f</id><title>f</title><updated>2026-05-31T14:00:00Z</updated><author><name>a</name></author>{entries}</feed>"
        )
    };
    assert_eq!(judge(&feed(entry)), Vec::<String>::new());
    assert_eq!(judge(&feed(&entry.repeat(2))), ["two entries of one id"]);
    assert_eq!(judge(&feed(&entry.replace("14:00", "15:00"))), ["it is not as new as its newest entry"]);
    assert_eq!(judge(&feed(&entry.replace("<title>t</title>", ""))), ["not one title in entry"]);
    assert_eq!(judge(&feed(entry).replace("<author><name>a</name></author>", "")), ["nobody wrote it"]);
    assert!(!judge("<feed>&nbsp;</feed>").is_empty());
}
