//! How a Service is protected, in a word: what is told of it in lists, pictures and answers.

use meshglot_translator::effect::Entrance;

/// How the ports of one Service are protected.
pub(crate) fn access(ports: &[Entrance]) -> &'static str {
    match (ports.len(), ports.iter().filter(|port| port.is_closed()).count()) {
        (0, _) => "nobody",
        (_, 0) => "open",
        (all, closed) if all == closed => "closed",
        _ => "partly",
    }
}
