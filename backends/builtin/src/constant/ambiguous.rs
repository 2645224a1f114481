//! The route `ambiguous-path`, first of every virtual host: 400 for paths that two readers may take for two.

use serde_json::{Value, json};

use super::rbac;

/// `//`, `\`, `%00`, `%2f`, `%5c`, and a `%` that escapes nothing.
const AMBIGUOUS: &str = r".*(?://|\\|%(?:00|2[Ff]|5[Cc]|$|[^0-9A-Fa-f]|[0-9A-Fa-f](?:$|[^0-9A-Fa-f]))).*";

/// At the caller.
pub(crate) fn outbound() -> Value {
    json!({
        "name": "ambiguous-path",
        "match": { "safe_regex": { "regex": AMBIGUOUS } },
        "direct_response": { "status": 400 },
    })
}

/// At the server, where no access rule may turn the 400 into a 403.
pub(crate) fn inbound() -> Value {
    let mut route = outbound();
    route["typed_per_filter_config"] = rbac::open();
    route
}
