//! Points in time as a running mesh tells them, for people: as it was, and how long ago.

use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(OffsetDateTime);

impl Moment {
    /// Of RFC 3339; `None`: it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(Self(OffsetDateTime::parse(text, &Rfc3339).ok()?.to_offset(UtcOffset::UTC)))
    }

    /// Milliseconds from this one to a later one; negative where it is not later.
    pub(crate) fn until(self, later: Self) -> i128 {
        (later.0 - self.0).whole_milliseconds()
    }

    /// `14:05:06.789`, UTC.
    pub(crate) fn clock(self) -> String {
        format!("{}.{:03}", self.second(), self.0.millisecond())
    }

    /// `2026-05-31 14:05:06 UTC`.
    pub(crate) fn whole(self) -> String {
        format!("{} {} UTC", self.0.date(), self.second())
    }

    /// `3 min ago`, seen from a later one.
    pub(crate) fn ago(self, now: Self) -> String {
        let seconds = (now.0 - self.0).whole_seconds().max(0);
        match seconds {
            0..120 => format!("{seconds} s ago"),
            120..7_200 => format!("{} min ago", seconds / 60),
            7_200..172_800 => format!("{} h ago", seconds / 3_600),
            _ => format!("{} d ago", seconds / 86_400),
        }
    }

    fn second(self) -> String {
        let (hour, minute, second) = self.0.to_hms();
        format!("{hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("2026-05-31T14:05:06.789Z", "14:05:06.789", "2026-05-31 14:05:06 UTC" ; "of UTC")]
    #[test_case("2026-05-31T01:05:06+02:00", "23:05:06.000", "2026-05-30 23:05:06 UTC" ; "of elsewhere")]
    fn shown(text: &str, clock: &str, whole: &str) {
        let moment = Moment::parse(text).expect("a moment");
        assert_eq!((moment.clock().as_str(), moment.whole().as_str()), (clock, whole));
    }

    #[test_case("2026-05-31T14:05:07Z", "0 s ago" ; "a clock that is ahead")]
    #[test_case("2026-05-31T14:03:07Z", "119 s ago" ; "seconds")]
    #[test_case("2026-05-31T12:05:07Z", "119 min ago" ; "minutes")]
    #[test_case("2026-05-29T15:05:06Z", "47 h ago" ; "hours")]
    #[test_case("2026-05-29T14:05:06Z", "2 d ago" ; "days")]
    fn ago(text: &str, want: &str) {
        let now = Moment::parse("2026-05-31T14:05:06Z").expect("a moment");
        assert_eq!(Moment::parse(text).expect("a moment").ago(now), want);
    }

    #[test]
    fn what_is_no_time_is_none() {
        assert_eq!(Moment::parse("yesterday"), None);
    }
}
