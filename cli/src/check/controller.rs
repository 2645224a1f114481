//! The controller: whether one holds the Lease, and has renewed it in time.

use meshglot_controller::LEASE;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Check;
use crate::cluster::{Cluster, resource};

const CATEGORY: &str = "controller";

/// Clocks of machines may differ by so much.
const SLACK: f64 = 5.0;

pub(super) fn look(cluster: &Cluster, namespace: &str) -> Check {
    match cluster.read(cluster.reader.get(&resource("coordination.k8s.io/v1", "Lease"), namespace, LEASE)) {
        Err(failure) => Check::unknown(CATEGORY, &failure),
        Ok(None) => Check::warning(CATEGORY, format!("no controller is seen: there is no Lease {namespace}/{LEASE}"))
            .hint("meshglot controller --backend NAME; one with --leader-elect=false has none, --lease-namespace looks elsewhere")
            .waits(),
        Ok(Some(lease)) => of(&lease, OffsetDateTime::now_utc()),
    }
}

fn of(lease: &Value, now: OffsetDateTime) -> Check {
    let spec = &lease["spec"];
    let holder = spec["holderIdentity"].as_str().unwrap_or_default();
    if holder.is_empty() {
        return Check::error(CATEGORY, "nobody holds the Lease: the last controller has given it up").hint("meshglot controller").waits();
    }
    let renewed = spec["renewTime"].as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    let Some(renewed) = renewed else { return Check::error(CATEGORY, format!("{holder} has never renewed the Lease")).waits() };
    let age = (now - renewed).as_seconds_f64().max(0.0);
    let lasts = spec["leaseDurationSeconds"].as_f64().unwrap_or_default();
    if age > lasts + SLACK {
        let what = format!("{holder} has not renewed the Lease for {age:.0} s: no controller runs");
        return Check::error(CATEGORY, what).hint("meshglot controller").waits();
    }
    Check::ok(CATEGORY, format!("{holder} holds the Lease, renewed {age:.0} s ago"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::super::Level;
    use super::*;

    #[test_case("a", "2026-11-22T12:00:00.000000Z", Level::Ok)]
    #[test_case("a", "2026-11-22T11:59:30.000000Z", Level::Error ; "too long ago")]
    #[test_case("a", "2026-11-22T12:00:40.000000Z", Level::Ok ; "another clock")]
    #[test_case("", "2026-11-22T12:00:00.000000Z", Level::Error ; "given up")]
    #[test_case("a", "", Level::Error ; "never renewed")]
    fn leases(holder: &str, renewed: &str, want: Level) {
        let now = OffsetDateTime::parse("2026-11-22T12:00:05Z", &Rfc3339).expect("a time");
        let lease = json!({"spec": {"holderIdentity": holder, "renewTime": renewed, "leaseDurationSeconds": 15}});
        assert_eq!(of(&lease, now).level, want);
    }
}
