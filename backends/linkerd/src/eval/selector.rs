//! Label selectors of Servers and ServerAuthorizations.

use std::collections::BTreeMap;

use serde_json::Value;

use super::object::{items, pairs, text};

/// Labels and expressions, all of which must hold; an empty selector picks everything.
///
/// Source: linkerd2 `policy-controller/k8s/api/src/labels.rs`.
#[derive(Debug, Default)]
pub(super) struct Selector {
    labels: Vec<(String, String)>,
    expressions: Vec<Expression>,
}

#[derive(Debug)]
struct Expression {
    key: String,
    operator: String,
    values: Option<Vec<String>>,
}

impl Selector {
    pub(super) fn read(value: &Value) -> Self {
        let expression = |value: &Value| Expression {
            key: text(value, "key").unwrap_or_default().to_owned(),
            operator: text(value, "operator").unwrap_or_default().to_owned(),
            values: value.get("values").map(|_| items(value, "values").iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        };
        Self {
            labels: pairs(&value["matchLabels"]).map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            expressions: items(value, "matchExpressions").iter().map(expression).collect(),
        }
    }

    /// A label without which nothing is picked; `None` if there is no such label.
    pub(super) fn needs(&self) -> Option<&(String, String)> {
        self.labels.first()
    }

    pub(super) fn picks(&self, labels: &BTreeMap<String, String>) -> bool {
        self.labels.iter().all(|(name, value)| labels.get(name) == Some(value)) && self.expressions.iter().all(|e| e.holds(labels))
    }
}

impl Expression {
    /// An expression that is not well formed holds for nobody, as in Linkerd.
    fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        match (self.operator.as_str(), &self.values) {
            ("In", Some(values)) => value.is_some_and(|value| values.contains(value)),
            ("NotIn", Some(values)) => value.is_none_or(|value| !values.contains(value)),
            ("Exists", None) => value.is_some(),
            ("DoesNotExist", None) => value.is_none(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    #[test_case(json!({}), true ; "empty picks all")]
    #[test_case(json!({"matchLabels": {"app": "api"}}), true ; "label")]
    #[test_case(json!({"matchLabels": {"app": "api", "v": "2"}}), false ; "every label")]
    #[test_case(json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]}), true ; "in")]
    #[test_case(json!({"matchExpressions": [{"key": "v", "operator": "NotIn", "values": ["1"]}]}), false ; "not in")]
    #[test_case(json!({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["1"]}]}), true ; "not in, absent")]
    #[test_case(json!({"matchExpressions": [{"key": "v", "operator": "Exists"}]}), true ; "exists")]
    #[test_case(json!({"matchExpressions": [{"key": "v", "operator": "Exists", "values": []}]}), false ; "exists with values is ill formed")]
    #[test_case(json!({"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}), true ; "does not exist")]
    fn picks(selector: Value, want: bool) {
        let labels = [("app", "api"), ("v", "1")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(Selector::read(&selector).picks(&labels), want);
    }
}
