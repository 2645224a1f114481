//! `meshglot proxy log`: what a proxy has said, calls as one line each.

use std::path::Path;

use serde_json::Value;

use super::text;
use crate::Io;
use crate::args::LogArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::run::proxy_folder;

pub(super) fn run(args: &LogArgs, io: &mut Io<'_>) -> Outcome {
    let path = match (&args.from.filename, &args.from.config_dir, &args.workload) {
        (Some(file), _, _) => file.clone(),
        (None, Some(folder), Some(workload)) => proxy_folder(folder, workload).join("log"),
        (None, _, _) => return Err(Failure::new(Exit::Usage, "which workload? NAMESPACE/NAME is missing")),
    };
    let text = text(Path::new(&path), io.stdin)?;
    for line in text.lines() {
        match serde_json::from_str::<Value>(line).ok().filter(|_| !args.raw).and_then(|call| call_line(&call)) {
            Some(line) => writeln!(io.stdout, "{line}")?,
            None => writeln!(io.stdout, "{line}")?,
        }
    }
    Ok(Exit::Ok)
}

/// `None`: it is no line of the access log.
fn call_line(call: &Value) -> Option<String> {
    let word = |name: &str| call[name].as_str().filter(|text| !text.is_empty() && *text != "-");
    let direction = word("direction")?;
    let start = word("start").unwrap_or("-");
    let arrow = if direction == "inbound" { "in " } else { "out" };
    let what = match (word("method"), word("path")) {
        (Some(method), path) => format!("{method} {}{}", word("authority").unwrap_or_default(), path.unwrap_or("/")),
        _ => format!("TCP {}", word("destination").unwrap_or("-")),
    };
    let status = match &call["status"] {
        Value::Number(status) if status.as_u64() != Some(0) => format!(" {status}"),
        _ => String::new(),
    };
    let mut line = format!("{start} {arrow} {what}{status}");
    for (label, name) in [("peer", "peer"), ("policy", "policy"), ("audit", "audit"), ("flags", "flags"), ("why", "details")] {
        if let Some(text) = word(name).filter(|text| *text != "via_upstream") {
            line.push_str(&format!(" {label}={text}"));
        }
    }
    if let Some(duration) = call["duration_ms"].as_u64() {
        line.push_str(&format!(" {duration}ms"));
    }
    Some(crate::lint::line::plain(&line))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_a_line() {
        let call = json!({
            "direction": "inbound", "start": "2026-11-22T02:00:00.123Z", "method": "GET", "authority": "api.shop", "path": "/a b\u{1b}[2J",
            "status": 403, "peer": "spiffe://cluster.local/ns/shop/sa/web", "policy": "-", "details": "rbac_access_denied",
            "flags": "UAEX", "duration_ms": 1,
        });
        let want = "2026-11-22T02:00:00.123Z in  GET api.shop/a b\\u{1b}[2J 403 peer=spiffe://cluster.local/ns/shop/sa/web flags=UAEX \
                    why=rbac_access_denied 1ms";
        assert_eq!(call_line(&call).as_deref(), Some(want));
        let connection = json!({ "direction": "outbound", "start": "t", "destination": "10.0.0.1:5432", "duration_ms": 7 });
        assert_eq!(call_line(&connection).as_deref(), Some("t out TCP 10.0.0.1:5432 7ms"));
        assert_eq!(call_line(&json!({ "level": "warning" })), None);
    }
}
