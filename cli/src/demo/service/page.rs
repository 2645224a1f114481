//! The page of the shop front, drawn by a template.

use askama::Template;
use serde_json::Value;

/// What a service answered.
pub(super) enum Answer {
    Given(Value),
    /// Why there is nothing to show.
    Missing(String),
}

impl Answer {
    pub(super) fn of(answered: Result<(u16, Value), String>) -> Self {
        match answered {
            Ok((200, value)) => Self::Given(value),
            Ok((status, _)) => Self::Missing(format!("it answered {status}")),
            Err(why) => Self::Missing(why),
        }
    }
}

/// How many of the last answers one version gave.
pub(super) struct Share {
    pub(super) name: String,
    pub(super) count: usize,
    pub(super) of: usize,
}

impl Share {
    fn percent(&self) -> usize {
        (self.count * 100).checked_div(self.of).unwrap_or_default()
    }
}

/// A part of the page that is missing, with the page that says why.
struct Missing {
    why: String,
    explained: Option<String>,
}

#[derive(Template)]
#[template(path = "bookshop.html")]
struct Page<'p> {
    title: String,
    author: String,
    details: Option<Missing>,
    version: String,
    reviews: Vec<(String, Option<String>)>,
    missing_reviews: Option<Missing>,
    stars: Option<Missing>,
    shares: &'p [Share],
    answers: usize,
    web: Option<&'p str>,
}

pub(super) fn page(details: &Answer, reviews: &Answer, shares: &[Share], web: Option<&str>) -> String {
    let why = |from: &str, to: &str, why: String| {
        let query = format!("access/explain?from=sa/bookshop/{from}&to={to}.bookshop:9080&method=GET&path=/{to}/7");
        Missing { why, explained: web.map(|web| format!("{web}{query}")) }
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut page = Page {
        title: "A book".to_owned(),
        author: String::new(),
        details: None,
        version: String::new(),
        reviews: Vec::new(),
        missing_reviews: None,
        stars: None,
        shares,
        answers: shares.first().map_or(0, |share| share.of),
        web,
    };
    match details {
        Answer::Given(details) => (page.title, page.author) = (text(&details["title"]), text(&details["author"])),
        Answer::Missing(reason) => page.details = Some(why("frontend", "details", reason.clone())),
    }
    match reviews {
        Answer::Given(reviews) => {
            page.version = text(&reviews["version"]);
            let stars = reviews["stars"].as_array();
            let texts = reviews["texts"].as_array().into_iter().flatten().enumerate();
            page.reviews = texts.map(|(at, one)| (text(one), stars.and_then(|stars| drawn(stars.get(at)?)))).collect();
            page.stars = stars.is_none().then(|| why("reviews", "ratings", text(&reviews["why"])));
        }
        Answer::Missing(reason) => page.missing_reviews = Some(why("frontend", "reviews", reason.clone())),
    }
    // A template that is not right does not compile.
    page.render().unwrap_or_default()
}

/// `★★★★☆`.
fn drawn(stars: &Value) -> Option<String> {
    let count = usize::try_from(stars.as_u64()?).ok()?.min(5);
    Some("★".repeat(count) + &"☆".repeat(5 - count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn drawn_with(stars: &Value) -> String {
        let reviews = json!({ "version": "reviews-v1", "texts": ["Good <b>"], "stars": stars, "why": "the ratings answered 403" });
        let shares = [Share { name: "reviews-v1".to_owned(), count: 9, of: 10 }, Share { name: "reviews-v2".to_owned(), count: 1, of: 10 }];
        let details = Answer::Given(json!({ "title": "T & T", "author": "A" }));
        page(&details, &Answer::Given(reviews), &shares, Some("http://127.0.0.1:1/"))
    }

    #[test]
    fn stars_are_shown_or_it_is_said_why_not() {
        let page = drawn_with(&json!([4]));
        assert!(page.contains("★★★★☆") && !page.contains("are missing"), "{page}");
        let page = drawn_with(&Value::Null);
        assert!(page.contains("the ratings answered 403") && page.contains("access/explain?from=sa/bookshop/reviews"), "{page}");
    }

    #[test]
    fn texts_are_escaped_and_shares_told() {
        let page = drawn_with(&json!([4]));
        assert!(page.contains("Good &#60;b&#62;") && page.contains("T &#38; T"), "{page}");
        assert!(page.contains("90%") && page.contains("10%"), "{page}");
    }
}
