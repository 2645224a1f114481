//! The playground: what is pasted is shown, and nothing of it is kept.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, StatusCode};

use crate::support::{Answer, example, get, request, send, view};

const FORM: &str = "application/x-www-form-urlencoded";

async fn post(view: &Router, path: &str, kind: &str, body: String) -> Answer {
    send(view, request(Method::POST, path).header("content-type", kind).body(Body::from(body)).expect("a request")).await
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[tokio::test]
async fn everything_is_said_of_a_text_at_once() {
    let view = view("");
    let answer = post(&view, "/playground.json", FORM, form(&[("text", &example("zero-trust"))])).await;
    let data = answer.json();
    assert_eq!(data["backends"].as_array().map(Vec::len), Some(4));
    assert!(data["matrix"]["cells"].as_array().is_some_and(|cells| cells.len() == 18), "{data}");
    assert!(data.get("change").is_none());
    let page = post(&view, "/playground", FORM, form(&[("text", &example("zero-trust"))])).await.text;
    for part in ["On each mesh", "Who may call whom", "AuthorizationPolicy", "field by field"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!get(&view, "/policies").await.text.contains("storefront"), "nothing is kept");
}

#[tokio::test]
async fn an_edit_is_compared() {
    let (after, view) = (example("zero-trust"), view(""));
    let before = after.replace("name: report", "name: reporter");
    let fields = form(&[("text", &after), ("before", &before), ("a", "istio"), ("b", "builtin")]);
    let data = post(&view, "/playground.json", FORM, fields.clone()).await.json();
    assert!(data["change"]["access"].as_array().is_some_and(|access| !access.is_empty()), "{}", data["change"]);
    let page = post(&view, "/playground", FORM, fields).await.text;
    assert!(page.contains("What the edit changes") && page.contains("istio and builtin, field by field"));
}

#[tokio::test]
async fn a_file_is_uploaded_without_a_script() {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nold\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p.yaml\"\r\n\
         Content-Type: application/yaml\r\n\r\n{}\r\n--x--\r\n",
        example("bookstore")
    );
    let answer = post(&view(""), "/playground.json", "multipart/form-data; boundary=x", body).await;
    assert!(answer.text.contains("catalogue-canary"), "{}", answer.text);
}

#[tokio::test]
async fn too_much_is_refused_before_it_costs_anything() {
    let view = view("");
    let long = form(&[("text", &"#".repeat(300 * 1024))]);
    assert_eq!(post(&view, "/playground", FORM, long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let huge = "x".repeat(8 << 20);
    assert_eq!(post(&view, "/playground", FORM, huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let many = "kind: X\n---\n".repeat(500);
    let page = post(&view, "/playground", FORM, form(&[("text", &many)])).await;
    assert!(page.status == StatusCode::PAYLOAD_TOO_LARGE && page.text.contains("are more than the 200"), "{}", page.text);
    assert!(page.text.contains("<textarea"), "the text stays, to be cut: {}", page.text);
}

#[tokio::test]
async fn mistakes_of_the_text_are_shown_with_their_place() {
    let page = post(&view(""), "/playground", FORM, form(&[("text", "a: [")])).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("MG0001") && page.text.contains("policy.yaml:1:"), "{}", page.text);
}

#[tokio::test]
async fn a_text_is_never_markup() {
    let text = "</textarea><script>alert(1)</script>";
    let page = post(&view(""), "/playground", FORM, form(&[("text", text), ("before", text)])).await;
    assert!(!page.text.contains("<script>alert"));
}
