//! The page as a browser gets it.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use tower::ServiceExt;

struct Answer {
    status: StatusCode,
    policy: String,
    kind: String,
    text: String,
}

async fn ask(method: Method, path: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
    let response = meshglot_web::router().oneshot(request).await.expect("the router always answers");
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("ASCII").to_owned()).unwrap_or_default();
    let (status, policy, kind) = (response.status(), header("content-security-policy"), header("content-type"));
    let body = to_bytes(response.into_body(), 1 << 20).await.expect("a page is small");
    Answer { status, policy, kind, text: String::from_utf8(body.to_vec()).expect("UTF-8") }
}

#[tokio::test]
async fn the_page_shows_each_backend_and_each_feature() {
    let page = ask(Method::GET, "/").await;
    assert_eq!((page.status, page.kind.as_str()), (StatusCode::OK, "text/html; charset=utf-8"));
    let backends = meshglot_registry::all();
    for backend in backends {
        assert!(page.text.contains(&format!(r#"<th role="columnheader" scope="col">{}</th>"#, backend.name())), "{}", backend.name());
        for capability in backend.capabilities() {
            assert!(page.text.contains(&format!("<code>{}</code>", capability.feature)), "{}", capability.feature);
        }
    }
    let (rows, cells) = (page.text.matches(r#"scope="row""#).count(), page.text.matches("<td ").count());
    assert!(rows > 0);
    assert_eq!(cells, rows * backends.len());
}

#[tokio::test]
async fn every_answer_forbids_what_is_not_ours() {
    for (path, status) in [("/", 200), ("/assets/style.css", 200), ("/assets/icon.svg", 200), ("/nowhere", 404)] {
        let answer = ask(Method::GET, path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        let policy = &answer.policy;
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{path}: {policy}");
    }
}

/// The policy would block them without a word on the page.
#[tokio::test]
async fn the_page_holds_no_script_and_no_style_of_its_own() {
    let page = ask(Method::GET, "/").await.text;
    for word in ["<script", "<style", " style=", "javascript:", "http://", "https://"] {
        assert!(!page.contains(word), "{word}");
    }
    let handler = page.split_whitespace().find(|word| word.starts_with("on") && word.contains("=\""));
    assert_eq!(handler, None);
}

#[tokio::test]
async fn what_the_page_asks_for_is_there() {
    let page = ask(Method::GET, "/").await.text;
    let links: Vec<&str> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(links.contains(&"assets/style.css"), "{links:?}");
    for link in links {
        match link.strip_prefix('#') {
            Some(id) => assert!(page.contains(&format!("id=\"{id}\"")), "#{id}"),
            None => assert_eq!(ask(Method::GET, &format!("/{link}")).await.status, StatusCode::OK, "{link}"),
        }
    }
}

#[tokio::test]
async fn nothing_can_be_written() {
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        assert_eq!(ask(method, "/").await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
}
