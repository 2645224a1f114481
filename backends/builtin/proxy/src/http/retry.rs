//! Whether a request is tried again, and when.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::table::{Backoff, RetryOn};
use crate::upstream::Failure;

impl RetryOn {
    /// Whether an answer is one after which it is.
    pub(super) fn is_after(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let gateway = matches!(status.as_u16(), 502..=504);
        if (self.server_error && status.is_server_error()) || (self.gateway_error && gateway) || self.statuses.contains(&status) {
            return true;
        }
        let grpc = headers.get("grpc-status").and_then(|status| status.to_str().ok()?.parse::<u8>().ok());
        grpc.is_some_and(|grpc| self.grpc.contains(&grpc))
    }

    /// Whether it is after no answer.
    pub(super) fn is_after_failure(&self, why: Failure) -> bool {
        let any = self.server_error || self.gateway_error || self.reset;
        match why {
            // Another try would make it worse, or find nobody either.
            Failure::Overflow | Failure::NoCluster | Failure::NoEndpoint => false,
            Failure::Connect | Failure::ConnectTimeout => any || self.connect_failure,
            Failure::RefusedStream => any || self.refused_stream,
            Failure::Reset | Failure::Protocol | Failure::Timeout => any,
        }
    }
}

impl Backoff {
    /// The pause before try number `attempt`, the first retry being 1.
    pub(super) fn pause(&self, attempt: u32) -> Duration {
        let factor = 1u32.checked_shl(attempt.min(20)).unwrap_or(u32::MAX).saturating_sub(1);
        let longest = self.base.saturating_mul(factor).min(self.maximum.max(self.base));
        longest.mul_f64(fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_what() {
        let none = HeaderMap::new();
        let on = |change: fn(&mut RetryOn)| {
            let mut on = RetryOn::default();
            change(&mut on);
            on
        };
        let server_error = on(|on| on.server_error = true);
        assert!(server_error.is_after(StatusCode::INTERNAL_SERVER_ERROR, &none) && !server_error.is_after(StatusCode::NOT_FOUND, &none));
        assert!(server_error.is_after_failure(Failure::Timeout) && !server_error.is_after_failure(Failure::Overflow));
        let gateway = on(|on| on.gateway_error = true);
        assert!(gateway.is_after(StatusCode::BAD_GATEWAY, &none) && !gateway.is_after(StatusCode::INTERNAL_SERVER_ERROR, &none));
        let listed = on(|on| on.statuses = vec![StatusCode::GATEWAY_TIMEOUT]);
        assert!(listed.is_after(StatusCode::GATEWAY_TIMEOUT, &none));
        assert!(!listed.is_after_failure(Failure::Timeout), "a try that takes too long is no answer of 504");
        let connect = on(|on| on.connect_failure = true);
        assert!(connect.is_after_failure(Failure::Connect) && !connect.is_after_failure(Failure::Reset));
        let grpc = on(|on| on.grpc = vec![14]);
        let headers: HeaderMap =
            [(http::HeaderName::from_static("grpc-status"), http::HeaderValue::from_static("14"))].into_iter().collect();
        assert!(grpc.is_after(StatusCode::OK, &headers) && !grpc.is_after(StatusCode::OK, &none));
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        let backoff = Backoff { base: Duration::from_millis(25), maximum: Duration::from_millis(250) };
        for (attempt, longest) in [(1, 25), (2, 75), (3, 175), (4, 250), (30, 250)] {
            assert!((0..200).all(|_| backoff.pause(attempt) <= Duration::from_millis(longest)));
        }
        assert!((0..200).any(|_| backoff.pause(4) > Duration::from_millis(175)));
    }
}
