//! Compares what was written to Consul with what it keeps.

use serde_json::Value;
use std::time::Duration;

/// The fields of `written` that `stored` does not have with the same meaning. Consul's own
/// spelling is not a difference: durations (`90s`, `1m30s`), upper case methods, intention sources
/// by precedence, fields of value zero left out, fields of its own added.
pub(super) fn missing(written: &Value, stored: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    compare("", written, stored, &mut differences);
    differences
}

fn compare(path: &str, written: &Value, stored: &Value, differences: &mut Vec<String>) {
    match (written, stored) {
        (Value::Object(fields), Value::Object(others)) => {
            for (key, value) in fields {
                let path = format!("{path}.{key}");
                match others.iter().find(|(other, _)| other.eq_ignore_ascii_case(key)) {
                    Some((_, other)) => compare(&path, value, other, differences),
                    None if is_zero(value) => {}
                    None => differences.push(format!("{path}: written as {value}, not kept")),
                }
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (index, item) in items.iter().enumerate() {
                if !others.iter().any(|other| missing(item, other).is_empty()) {
                    differences.push(format!("{path}[{index}]: written as {item}, not kept"));
                }
            }
        }
        _ if same(written, stored) => {}
        _ => differences.push(format!("{path}: written as {written}, kept as {stored}")),
    }
}

fn same(written: &Value, stored: &Value) -> bool {
    match (written, stored) {
        (Value::String(one), Value::String(other)) => {
            one.eq_ignore_ascii_case(other) || duration(one).is_some_and(|one| duration(other) == Some(one))
        }
        (Value::Number(one), Value::Number(other)) => {
            // Weights come back as float32.
            matches!((one.as_f64(), other.as_f64()), (Some(one), Some(other)) if (one - other).abs() <= one.abs() * 1e-6)
        }
        _ => written == stored || is_zero(written) && is_zero(stored),
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || duration(text) == Some(Duration::ZERO),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_zero),
    }
}

/// A duration as Go writes it: `1m30s`, `0.5s`, `250ms`.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let unit = rest[digits..].find(|letter: char| letter.is_ascii_digit()).map_or(rest.len(), |end| digits + end);
        let seconds = match &rest[digits..unit] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        let amount: f64 = rest[..digits].parse().ok()?;
        total += Duration::try_from_secs_f64(amount * seconds).ok()?;
        rest = &rest[unit..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::{duration, missing};
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn durations_as_go_writes_them() {
        assert_eq!(duration("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration("0s"), Some(Duration::ZERO));
        assert_eq!(duration("web"), None);
        assert_eq!(duration(""), None);
    }

    #[test]
    fn another_spelling_is_no_difference() {
        let written = json!({"Timeout": "90s", "Methods": ["get"], "NumRetries": 0, "Weight": 33.33});
        let stored = json!({"timeout": "1m30s", "Methods": ["GET"], "Weight": 33.330_001, "Hash": 7});
        assert_eq!(missing(&written, &stored), Vec::<String>::new());
    }

    #[test]
    fn a_lost_or_changed_field_is_named() {
        let written = json!({"Sources": [{"Name": "web", "Action": "deny"}], "Description": "x"});
        let stored = json!({"Sources": [{"Name": "web", "Action": "allow"}]});
        assert_eq!(
            missing(&written, &stored),
            [r#".Description: written as "x", not kept"#, r#".Sources[0]: written as {"Action":"deny","Name":"web"}, not kept"#,]
        );
    }
}
