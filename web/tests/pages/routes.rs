//! Every page is there, is whole, and only shows.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use test_case::test_case;

use crate::support::{example, get, request, send, served, view};

/// Pages that are there whatever the policy is.
const PAGES: [&str; 17] = [
    "/",
    "/about",
    "/access",
    "/access/explain",
    "/capabilities",
    "/events",
    "/findings",
    "/keys",
    "/live",
    "/playground",
    "/policies",
    "/proxies",
    "/services",
    "/simulate",
    "/switch",
    "/switch?to=linkerd",
    "/topology",
];

#[test_case("" ; "nothing")]
#[test_case("a: [" ; "no policy")]
#[test_case(&example("zero-trust") ; "access")]
#[test_case(&example("bookstore") ; "splits")]
#[test_case(&example("losses") ; "losses")]
#[tokio::test]
async fn every_page_is_whole(text: &str) {
    let view = view(text);
    for path in PAGES {
        let page = get(&view, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        assert_eq!(page.text.matches("<h1").count(), 1, "{path}");
        assert!(page.text.contains("<main id=\"main\""), "{path}");
        assert!(page.text.ends_with("</html>") || page.text.ends_with("</html>\n"), "{path}");
        for inline in ["<style", " style=\"", "onclick=", "javascript:"] {
            assert!(!page.text.contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test]
async fn links_stay_below_the_base() {
    let view = served(&example("zero-trust"), "/mesh/", None);
    for path in PAGES {
        let page = get(&view, &format!("/mesh{path}")).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let links = page.text.split(" href=\"").chain(page.text.split(" src=\"")).chain(page.text.split(" action=\""));
        for link in links.filter_map(|rest| rest.split('"').next()).filter(|link| link.starts_with('/')) {
            assert!(link.starts_with("/mesh/") || link == "/mesh", "{path}: {link}");
        }
    }
    assert_eq!(get(&view, "/mesh").await.header("location"), "/mesh/");
    assert_eq!(get(&view, "/").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nothing_but_the_playground_takes_anything() {
    let view = view(&example("zero-trust"));
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        for path in PAGES.into_iter().chain([
            "/events",
            "/live",
            "/proxies",
            "/sse/events",
            "/sse/live",
            "/sse/state",
            "/theme",
            "/session",
            "/healthz",
        ]) {
            let answer = send(&view, request(method.clone(), path).body(Body::empty()).expect("a request")).await;
            let may = path == "/playground" && method == Method::POST;
            let want = if may { StatusCode::UNSUPPORTED_MEDIA_TYPE } else { StatusCode::METHOD_NOT_ALLOWED };
            assert_eq!(answer.status, want, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let view = view(&example("bookstore"));
    let page = get(&view, "/services").await;
    let again = request(Method::GET, "/services").header("if-none-match", page.header("etag"));
    let again = send(&view, again.body(Body::empty()).expect("a request")).await;
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
}

#[tokio::test]
async fn assets_are_kept_for_good_by_names_that_hold_their_hash() {
    let view = view("");
    let page = get(&view, "/").await;
    let assets: Vec<&str> = page.text.split("\"/assets/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(assets.len() >= 4, "{assets:?}");
    for asset in assets {
        let file = get(&view, &format!("/assets/{asset}")).await;
        assert_eq!(file.status, StatusCode::OK, "{asset}");
        assert!(file.header("cache-control").contains("immutable"), "{asset}");
    }
}

#[test_case("/nothing" ; "a page")]
#[test_case("/nothing.json" ; "its data")]
#[test_case("/ns/shop/services/nobody" ; "a Service")]
#[test_case("/access?ns=nowhere" ; "a namespace")]
#[test_case("/access?backend=osm" ; "a mesh")]
#[test_case("/switch?to=osm" ; "another mesh")]
#[test_case("/capabilities.yaml" ; "a form that a page does not have")]
#[tokio::test]
async fn what_is_not_there_is_said_so(path: &str) {
    let answer = get(&view(&example("zero-trust")), path).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    if path.ends_with(".json") {
        assert_eq!(answer.json()["kind"], "Problem");
    }
}

#[tokio::test]
async fn a_name_that_is_nearly_right_is_suggested() {
    let view = view(&example("zero-trust"));
    assert!(get(&view, "/ns/shop/services/order").await.text.contains("Did you mean orders?"));
    assert!(get(&view, "/access/explain?from=sa/shop/report&to=order.shop:80").await.text.contains("Did you mean orders?"));
}

#[tokio::test]
async fn names_are_never_markup() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {a: '<script>x</script>'}\nspec:\n  ports:\n  - {name: '<img>', port: 80}\n";
    let view = view(text);
    for path in
        ["/services?q=<script>alert(1)</script>", "/findings?q=<img>", "/simulate?from=<b>&to=<i>&path=\"><s>", "/ns/shop/services/web"]
    {
        let page = get(&view, &path.replace('<', "%3C").replace('>', "%3E").replace('"', "%22")).await;
        for tag in ["<script>", "<img>", "<b>", "<i>", "<s>"] {
            assert!(!page.text.contains(tag), "{path}: {tag}");
        }
    }
}
