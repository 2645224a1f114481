//! Codes: a page each, and as it is told by `explain`.

use axum::http::StatusCode;
use meshglot_translator::answer::{CodeAnswer, Codes, document};
use meshglot_translator::diagnostic::CODES;

use crate::markup::{lines, text};
use crate::support::{get, view};

#[tokio::test]
async fn every_code_has_a_page_that_says_all_of_it() {
    let view = view("");
    let list = get(&view, "/codes").await.text;
    for info in CODES {
        let path = format!("/codes/{}", info.name);
        let answer = CodeAnswer::from(info);
        let page = get(&view, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let shown = text(&page.text).split_whitespace().collect::<Vec<_>>().join(" ");
        let has = |said: &str| shown.contains(&said.replace('`', "").split_whitespace().collect::<Vec<_>>().join(" "));
        assert!(has(answer.title) && has(answer.why) && has(answer.fix) && has(&answer.done), "{path}: {shown}");
        if let Some(example) = &answer.example {
            let yaml: Vec<&str> = example.bad.trim_end().lines().chain(example.good.trim_end().lines()).collect();
            assert_eq!(lines(&page.text), yaml, "{path}");
            assert!(page.text.contains("href=\"/playground?text="), "{path}");
        }
        for line in &answer.see {
            assert!(page.text.contains(&format!("href=\"/codes/{}\"", line.code)), "{path}");
        }
        assert!(page.text.contains(&format!("meshglot explain {}<", info.name)), "{path}");
        assert!(list.contains(&format!("href=\"{path}\"")), "{path} is listed");
        assert_eq!(get(&view, &format!("{path}.json")).await.json(), document(&answer));
    }
    assert_eq!(get(&view, "/codes.json").await.json(), document(&Codes::all()));
}

#[tokio::test]
async fn a_code_is_counted_where_it_is_said() {
    let view = view(include_str!("../../../golden/codes/MG1103/bad.yaml"));
    let page = get(&view, "/codes/MG1103").await.text;
    assert!(page.contains("It is said of your policy") && page.contains("href=\"/findings?code=MG1103\""), "{page}");
    assert!(!get(&view, "/codes/MG1104").await.text.contains("It is said of your policy"));
}
