//! `hostnames` of a route.
//!
//! Source: linkerd2-proxy `linkerd/http/route/src/http/match/host.rs`.

/// A host, or all hosts below one.
#[derive(Debug)]
pub(super) enum HostMatch {
    Exact(String),
    /// With the dot in front: `*.x` takes `a.x` and `a.b.x`, not `x`.
    Suffix(String),
}

/// How closely a host was met: an exact one before a suffix, then the longer one.
pub(super) type HostRank = (bool, usize);

impl HostMatch {
    pub(super) fn read(host: &str) -> Self {
        match host.strip_prefix('*').filter(|rest| rest.starts_with('.')) {
            Some(suffix) => Self::Suffix(suffix.to_owned()),
            None => Self::Exact(host.to_owned()),
        }
    }

    pub(super) fn rank(&self, host: &str) -> Option<HostRank> {
        let (Self::Exact(wanted) | Self::Suffix(wanted)) = self;
        // The dot of the root counts only where the route has it too.
        let host = if wanted.ends_with('.') { host } else { host.strip_suffix('.').unwrap_or(host) };
        match self {
            Self::Exact(wanted) => wanted.eq_ignore_ascii_case(host).then_some((true, wanted.len())),
            Self::Suffix(wanted) => {
                let start = host.len().checked_sub(wanted.len()).filter(|start| *start > 0)?;
                host.get(start..)?.eq_ignore_ascii_case(wanted).then_some((false, wanted.len()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("web.shop", "WEB.shop", Some((true, 8)) ; "any case")]
    #[test_case("web.shop", "web.shop.", Some((true, 8)) ; "dot of the root")]
    #[test_case("*.shop", "a.b.shop", Some((false, 5)) ; "several labels")]
    #[test_case("*.shop", "shop", None ; "not the parent")]
    #[test_case("*.shop", "ashop", None ; "whole labels")]
    fn host(wanted: &str, host: &str, want: Option<HostRank>) {
        assert_eq!(HostMatch::read(wanted).rank(host), want);
    }
}
