//! The codes of what plain validation refuses; a CEL rule carries its own in its message.

use serde_json::Value;

use crate::shared::PATTERN_CODES;

/// The code of a value that the keyword of this schema node refuses: `code("enum", node)` is `MG0007`.
/// An unknown field is asked for as `properties`, two equal items of a `set` or `map` as
/// `x-kubernetes-list-type`.
pub fn code(keyword: &str, node: &Value) -> &'static str {
    match keyword {
        "properties" => "MG0003",
        "type" | "x-kubernetes-int-or-string" | "format" => "MG0004",
        "required" | "minItems" | "minLength" | "minProperties" => "MG0005",
        "enum" => "MG0007",
        "maxItems" | "maxLength" | "maxProperties" => "MG0012",
        "x-kubernetes-list-type" => "MG0013",
        "minimum" | "maximum" => "MG0303",
        // Names, hosts, addresses and URLs have one code; the other forms are listed with their types.
        "pattern" => PATTERN_CODES.iter().find(|(pattern, _)| node["pattern"] == *pattern).map_or("MG0010", |(_, code)| code),
        _ => "MG0004",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shared::{DURATION, HOST};

    #[test]
    fn a_pattern_has_the_code_of_its_type() {
        assert_eq!(code("pattern", &json!({ "pattern": DURATION })), "MG0008");
        assert_eq!(code("pattern", &json!({ "pattern": HOST })), "MG0010");
    }
}
