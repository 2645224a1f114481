//! What the webhook has answered, and when its certificate ends.

use std::time::Duration;

use serde_json::Value;

use super::Metrics;

impl Metrics {
    /// A review was answered so, or was none, and took so long.
    pub(crate) fn reviewed(&self, answer: Option<&Value>, took: Duration) {
        let families = &self.0.families;
        families.reviews.with_label_values(&[verdict(answer)]).inc();
        families.review_seconds.with_label_values::<&str>(&[]).observe(took.as_secs_f64());
    }

    /// The webhook is served by a certificate that ends then, in seconds since 1970.
    pub(crate) fn certificate_ends(&self, at: i64) {
        self.0.families.certificate_ends.with_label_values::<&str>(&[]).set(at);
    }
}

fn verdict(answer: Option<&Value>) -> &'static str {
    let Some(response) = answer.map(|answer| &answer["response"]) else { return "invalid" };
    match (response["allowed"] == true, response["warnings"].is_null()) {
        (false, _) => "denied",
        (true, false) => "warned",
        (true, true) => "allowed",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::*;

    #[test_case(Some(json!({"response": {"allowed": true}})), "allowed")]
    #[test_case(Some(json!({"response": {"allowed": true, "warnings": ["a"]}})), "warned")]
    #[test_case(Some(json!({"response": {"allowed": false}})), "denied")]
    #[test_case(None, "invalid")]
    fn answers_are_counted_by_verdict(answer: Option<Value>, want: &str) {
        let metrics = Metrics::new().expect("counters");
        metrics.reviewed(answer.as_ref(), Duration::from_millis(3));
        let text = metrics.text().expect("a text");
        let has = |line: &str| text.lines().any(|one| one == line);
        assert!(has(&format!("meshglot_admission_reviews_total{{verdict=\"{want}\"}} 1")), "{text}");
        assert!(has("meshglot_admission_review_seconds_count 1"), "{text}");
        assert!(!text.contains("\nmeshglot_webhook_certificate_expiry_timestamp_seconds"), "there is no certificate: {text}");
    }
}
