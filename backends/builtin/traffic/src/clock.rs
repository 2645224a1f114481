//! The time of day, as answers have it.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Now (RFC 3339, milliseconds).
pub(crate) fn now() -> String {
    let now = OffsetDateTime::now_utc();
    let now = now.replace_millisecond(now.millisecond()).unwrap_or(now);
    // A year of five digits has no such form.
    now.format(&Rfc3339).unwrap_or_default()
}
