//! What came of a call, by what proxies say of it.

use meshglot_observed::Verdict;

/// Flags of calls that did not arrive, or were not answered by who was called; in Envoy's words.
const UNANSWERED: [&str; 15] = ["DF", "DPE", "LH", "LR", "NC", "NFCF", "NR", "SI", "UC", "UF", "UH", "UO", "UPE", "UR", "URX"];

/// The same for time that ran out.
const LATE: [&str; 3] = ["DT", "UMSDR", "UT"];

/// How the details of a request begin that access control has ended.
const DENIED: &str = "rbac_access_denied";

/// How the details of a connection begin that access control has closed.
const CLOSED: &str = "rbac_deny_close";

/// gRPC's word for what may not be.
const PERMISSION_DENIED: u8 = 7;

/// Of gRPC, what answers of HTTP from 500 on are: UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS.
const BROKEN: [u8; 5] = [2, 4, 13, 14, 15];

/// Whether details or flags say that access control has ended it.
pub(crate) fn is_denial(details: &str, flags: &str) -> bool {
    details.starts_with(DENIED) || details.starts_with(CLOSED) || words(flags).any(|flag| flag == "UAEX")
}

/// Whether counters of a called proxy mean a denial. `arrived`: it was sent on to the application, whose answer it then is.
pub(crate) fn is_counted_denial(arrived: bool, status: u16, grpc: Option<u8>, flags: &str) -> bool {
    let is_refusal = status == 403 || grpc == Some(PERMISSION_DENIED);
    (!arrived && is_refusal && words(flags).next().is_none()) || words(flags).any(|flag| flag == "UAEX")
}

/// Of a request that was not denied. `status`: 0: there was no answer.
pub(crate) fn of_request(status: u16, flags: &str) -> Verdict {
    if status == 0 || status >= 500 || is_unanswered(flags) { Verdict::Failed } else { Verdict::Allowed }
}

/// Of a connection of bytes that was not denied.
pub(crate) fn of_connection(flags: &str) -> Verdict {
    if is_unanswered(flags) { Verdict::Failed } else { Verdict::Allowed }
}

/// Whether a request that was let through was answered well, as far as gRPC says so, too.
pub(crate) fn is_well(verdict: Verdict, grpc: Option<u8>) -> bool {
    verdict == Verdict::Allowed && grpc.is_none_or(|status| !BROKEN.contains(&status))
}

fn is_unanswered(flags: &str) -> bool {
    words(flags).any(|flag| UNANSWERED.contains(&flag) || LATE.contains(&flag))
}

/// Envoy joins several with commas, and `-` is none.
fn words(flags: &str) -> impl Iterator<Item = &str> {
    flags.split(',').map(str::trim).filter(|flag| !flag.is_empty() && *flag != "-")
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(200, "-", Verdict::Allowed; "answered")]
    #[test_case(403, "-", Verdict::Allowed; "the application's own answer")]
    #[test_case(499, "", Verdict::Allowed; "below 500")]
    #[test_case(500, "-", Verdict::Failed; "from 500 on")]
    #[test_case(0, "DC", Verdict::Failed; "no answer")]
    #[test_case(404, "NR", Verdict::Failed; "nowhere to go")]
    #[test_case(200, "UF,URX", Verdict::Failed; "gRPC whose connection failed")]
    #[test_case(429, "RL", Verdict::Allowed; "too many")]
    fn requests(status: u16, flags: &str, want: Verdict) {
        assert_eq!(of_request(status, flags), want);
    }

    #[test_case("rbac_access_denied_matched_policy[none]", "-", true; "a request")]
    #[test_case("rbac_deny_close", "-", true; "a connection")]
    #[test_case("", "UAEX", true; "an authorizer")]
    #[test_case("via_upstream", "-", false; "the application")]
    fn denials(details: &str, flags: &str, want: bool) {
        assert_eq!(is_denial(details, flags), want);
    }

    #[test_case(false, 403, None, "-", true; "ended by the proxy")]
    #[test_case(true, 403, None, "-", false; "ended by the application")]
    #[test_case(false, 200, Some(7), "-", true; "gRPC")]
    #[test_case(true, 200, Some(7), "-", false; "gRPC of the application")]
    #[test_case(false, 404, None, "NR", false; "no route")]
    fn counted_denials(arrived: bool, status: u16, grpc: Option<u8>, flags: &str, want: bool) {
        assert_eq!(is_counted_denial(arrived, status, grpc, flags), want);
    }

    #[test]
    fn grpc_tells_more_than_its_200() {
        assert!(is_well(Verdict::Allowed, Some(0)) && is_well(Verdict::Allowed, Some(5)) && is_well(Verdict::Allowed, None));
        assert!(!is_well(Verdict::Allowed, Some(14)) && !is_well(Verdict::Failed, None) && !is_well(Verdict::Denied, None));
    }
}
