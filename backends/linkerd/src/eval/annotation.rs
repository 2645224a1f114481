//! Annotations of routes, Services, pods and Namespaces that decide about a request.

use super::route::Family;

/// What the timeout annotations do to every request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wait {
    /// None is set.
    #[default]
    Unset,
    /// A workload that answers at once is in time.
    Some,
    /// A request timeout of zero: 504, at once.
    Never,
    /// A zero of another kind.
    Unread,
}

impl Wait {
    /// `None` if one cannot be read: Linkerd ignores the route; on a Service, the annotations.
    ///
    /// Source: linkerd2 `policy-controller/k8s/index/src/outbound/index.rs` `parse_timeouts`.
    pub(super) fn read<'v>(annotation: impl Fn(&str) -> Option<&'v str>) -> Option<Self> {
        let zero = |name: &str| annotation(name).map(|text| duration(text).map(|ms| ms == 0)).map_or(Some(None), |zero| zero.map(Some));
        let request = zero("timeout.linkerd.io/request")?;
        let others = [zero("timeout.linkerd.io/response")?, zero("timeout.linkerd.io/idle")?];
        Some(match request {
            Some(true) => Self::Never,
            _ if others.contains(&Some(true)) => Self::Unread,
            None if others == [None, None] => Self::Unset,
            _ => Self::Some,
        })
    }

    /// With the timeout of a rule, which counts where the route has no annotation; zero means none there.
    pub(super) fn or_of_rule(self, request: Option<&str>) -> Self {
        match request.and_then(duration) {
            Some(1..) if self == Self::Unset => Self::Some,
            _ => self,
        }
    }
}

/// Whether the retry annotations can be read; if not, the route is ignored. What they say changes no verdict, and
/// shares are those of the first try: a refusal that is retried may find another backend.
///
/// Source: linkerd2 `policy-controller/k8s/index/src/outbound/index/{http,grpc}.rs` `parse_http_retry`.
pub(super) fn retries_are_read<'v>(family: Family, annotation: impl Fn(&str) -> Option<&'v str>) -> bool {
    let read = |name: &str, is_read: &dyn Fn(&str) -> bool| annotation(name).is_none_or(is_read);
    let code = |text: &str| text.parse::<u32>().ok().filter(|code| (100..600).contains(code));
    let http = |condition: &str| {
        let range =
            || condition.split_once('-').and_then(|(low, high)| Some((code(low)?, code(high)?))).is_some_and(|(low, high)| low <= high);
        ["5xx", "gateway-error"].iter().any(|word| condition.eq_ignore_ascii_case(word)) || code(condition).is_some() || range()
    };
    let grpc = |condition: &str| {
        let words = ["cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"];
        words.iter().any(|word| condition.eq_ignore_ascii_case(word))
    };
    let common = || {
        read("retry.linkerd.io/limit", &|text| text.parse::<u16>().is_ok())
            && read("retry.linkerd.io/timeout", &|text| duration(text).is_some())
    };
    match family {
        Family::Http => common() && read("retry.linkerd.io/http", &|list| list.split(',').all(http)),
        Family::Grpc => common() && read("retry.linkerd.io/grpc", &|list| list.split(',').all(grpc)),
        Family::Tls | Family::Tcp => true,
    }
}

/// Milliseconds; one number with one unit, or a bare zero.
fn duration(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let number: u64 = text[..end].parse().ok()?;
    let unit = match &text[end..] {
        "" if number == 0 => 0,
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// A list of ports such as `25,3306,5000-5010`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ports(Vec<(u16, u16)>);

impl Ports {
    /// A list that cannot be read is empty for Linkerd.
    ///
    /// Source: linkerd2 `policy-controller/k8s/index/src/ports.rs`.
    pub(super) fn read(list: &str) -> Self {
        let number = |text: &str| text.trim().parse::<u16>().ok().filter(|number| *number > 0);
        let range = |part: &str| match part.split_once('-') {
            Some((low, high)) => number(low).zip(number(high)).filter(|(low, high)| low <= high),
            None => number(part).map(|number| (number, number)),
        };
        Self(list.split(',').filter(|part| !part.trim().is_empty()).map(range).collect::<Option<_>>().unwrap_or_default())
    }

    pub(super) fn of(ports: impl Iterator<Item = u16>) -> Self {
        Self(ports.map(|port| (port, port)).collect())
    }

    pub(super) fn has(&self, port: u16) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("request", "0", Some(Wait::Never) ; "bare zero")]
    #[test_case("request", "0ms", Some(Wait::Never) ; "zero")]
    #[test_case("request", "90s", Some(Wait::Some) ; "seconds")]
    #[test_case("request", "1m30s", None ; "two units")]
    #[test_case("request", "1.5s", None ; "fraction")]
    #[test_case("request", "-1s", None ; "negative")]
    #[test_case("idle", "0s", Some(Wait::Unread) ; "idle zero")]
    fn waits(kind: &str, value: &str, want: Option<Wait>) {
        let name = format!("timeout.linkerd.io/{kind}");
        assert_eq!(Wait::read(|asked| (asked == name).then_some(value)), want);
    }

    #[test_case("25, 5000-5010", 5005, true ; "range")]
    #[test_case("25,,", 25, true ; "empty parts")]
    #[test_case("25,x", 25, false ; "unreadable is empty")]
    #[test_case("9-8", 9, false ; "falling range")]
    fn ports(list: &str, port: u16, want: bool) {
        assert_eq!(Ports::read(list).has(port), want);
    }
}
