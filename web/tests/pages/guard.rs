//! Who is refused, and what every answer forbids.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use meshglot_web::Door;
use test_case::test_case;

use crate::support::{Answer, example, get, request, send, served, view};

async fn asked(view: &Router, header: &str, value: &str) -> Answer {
    let asked = request(Method::GET, "/healthz");
    // A second Host would be added beside the first.
    let asked = if header == "host" { axum::http::Request::builder().uri("/healthz") } else { asked };
    send(view, asked.header(header, value).body(Body::empty()).expect("a request")).await
}

#[test_case("host", "evil.example", StatusCode::FORBIDDEN ; "another name")]
#[test_case("host", "127.0.0.1:9", StatusCode::FORBIDDEN ; "another port")]
#[test_case("host", "127.0.0.1:8080", StatusCode::OK ; "its name")]
#[test_case("origin", "http://evil.example", StatusCode::FORBIDDEN ; "a page of another")]
#[test_case("origin", "null", StatusCode::FORBIDDEN ; "a page that hides")]
#[test_case("origin", "http://127.0.0.1:8080", StatusCode::OK ; "its own page")]
#[tokio::test]
async fn names_and_origins(header: &str, value: &str, want: StatusCode) {
    assert_eq!(asked(&view(""), header, value).await.status, want);
}

#[tokio::test]
async fn a_refused_name_learns_the_flag_and_no_policy() {
    let view = view(&example("zero-trust"));
    let page = send(&view, axum::http::Request::get("/").header("host", "mesh.example").body(Body::empty()).expect("a request")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text.contains("--allow-host mesh.example") && !page.text.contains("zero-trust") && !page.text.contains("storefront"));
}

#[tokio::test]
async fn a_token_opens_once_and_the_cookie_stays() {
    let door = Arc::new(Door::new(|_| ()).expect("random numbers"));
    let view = served(&example("zero-trust"), "/mesh/", Some(door.clone()));
    let locked = get(&view, "/mesh/policies.json").await;
    assert_eq!(locked.status, StatusCode::UNAUTHORIZED);
    assert_eq!(get(&view, "/mesh/healthz").await.text, "ok\n");

    let address = format!("/mesh/session?token={}", door.token());
    let opened = get(&view, &address).await;
    assert_eq!((opened.status, opened.header("location")), (StatusCode::SEE_OTHER, "/mesh/"));
    let cookie = opened.header("set-cookie").to_owned();
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/mesh/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    assert_eq!(get(&view, &address).await.status, StatusCode::UNAUTHORIZED, "the token was used");

    let cookie = cookie.split(';').next().expect("a value");
    let page = send(&view, request(Method::GET, "/mesh/").header("cookie", cookie).body(Body::empty()).expect("a request")).await;
    assert_eq!(page.status, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_forbids_what_is_foreign() {
    let view = view("");
    for path in ["/", "/nothing", "/healthz", "/index.json", "/assets/nothing"] {
        let answer = get(&view, path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
}

#[test_case("/theme?to=dark&back=https://evil.example/", "/" ; "another site")]
#[test_case("/theme?to=dark&back=//evil.example/", "/" ; "without a scheme")]
#[test_case("/theme?to=dark&back=/%5cevil.example/", "/" ; "a backslash")]
#[test_case("/theme?to=dark&back=/services?ns=a", "/services?ns=a" ; "a page of its own")]
#[tokio::test]
async fn a_theme_leads_back_to_this_view_alone(path: &str, want: &str) {
    let answer = get(&view(""), path).await;
    assert_eq!(answer.header("location"), want);
    assert!(answer.header("set-cookie").starts_with("meshglot-theme=dark;"));
}
