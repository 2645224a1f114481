//! What Consul says where it does not do what it was asked for.

use http::StatusCode;
use meshglot_translator::status::Applied;

/// Words of answers with code 500 that are about the servers. Everything else that Consul has to say about an entry has this code, too.
const SERVERS: [&str; 6] = ["No cluster leader", "Raft leader", "leadership lost", "rpc error", "No path to datacenter", "shutting down"];

/// Whether it is about the entry and who writes it, or about servers that do not answer as they should.
pub(super) fn refused(status: StatusCode, words: &str) -> Applied {
    let is_about_servers = match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::INTERNAL_SERVER_ERROR => words.is_empty() || SERVERS.iter().any(|known| words.contains(known)),
        status => status.is_server_error(),
    };
    if is_about_servers {
        return Applied::Unreachable(format!("Consul answers {status}: {words}"));
    }
    Applied::Rejected(if words.is_empty() { format!("Consul answers {status}") } else { format!("Consul: {words}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(403, "Permission denied: token lacks permission 'service:write' on \"web\"", true ; "rights")]
    #[test_case(500, "service \"web\" has protocol \"tcp\", which does not permit advanced routing or splitting behavior", true ; "an entry")]
    #[test_case(400, "Request decoding failed: 1 error occurred", true ; "a form")]
    #[test_case(500, "No cluster leader", false ; "no leader")]
    #[test_case(429, "Your IP is issuing too many concurrent connections", false ; "too much")]
    #[test_case(503, "", false ; "a proxy")]
    fn entries_and_servers_are_told_apart(status: u16, words: &str, is_rejected: bool) {
        let status = StatusCode::from_u16(status).expect("a status");
        assert_eq!(matches!(refused(status, words), Applied::Rejected(_)), is_rejected);
    }
}
