//! Lines about single objects of policy, for the log of whoever runs this.

use meshglot_translator::ir::ObjectKey;
use serde_json::Value;
use tracing::{debug, info};

/// The status of an object was written, which says something else than before.
pub(crate) fn reported(key: &ObjectKey, object: &Value) {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let Some(ready) = conditions.into_iter().find(|one| one["type"] == "Ready") else { return };
    let generation = object["metadata"]["generation"].as_i64();
    let backends = object["status"]["backends"].as_array().into_iter().flatten();
    let losses = backends.flat_map(|backend| backend["losses"].as_array().into_iter().flatten());
    let mut codes: Vec<&str> = losses.filter_map(|loss| loss["code"].as_str()).collect();
    codes.dedup();
    let code = (!codes.is_empty()).then(|| codes.join(","));
    let text = |name: &str| ready[name].as_str().unwrap_or_default();
    let backend = object["status"]["summary"]["backend"].as_str();
    let (object, reason, message) = (key.to_string(), text("reason"), text("message"));
    if text("status") == "True" {
        debug!(object, generation, backend, code, reason, "{message}");
    } else {
        info!(object, generation, backend, code, reason, "not in force: {message}");
    }
}
