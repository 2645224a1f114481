//! A line that a proxy tells when a call ends, be it our own at its tap or an Envoy in its log.

use std::net::{IpAddr, SocketAddr};

use meshglot_observed::{Call, Direction, Party, Verdict};
use serde_json::Value;

use crate::edges::{caller, destination, own};
use crate::names::Names;
use crate::verdict;

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    /// A call; it has no id yet.
    Call(Box<Call>),
    /// So many lines were lost on the way.
    LeftOut(u64),
}

/// Reads a line of the proxy of `workload`; `None`: it is about something else.
pub(crate) fn told(line: &str, workload: &str, names: &dyn Names) -> Option<Told> {
    let line: Value = serde_json::from_str(line).ok()?;
    if let Some(count) = line["left_out"].as_u64() {
        return Some(Told::LeftOut(count));
    }
    Some(Told::Call(Box::new(call(&Line(&line), workload, names)?)))
}

fn call(line: &Line<'_>, workload: &str, names: &dyn Names) -> Option<Call> {
    let direction = match line.text("direction")? {
        "inbound" => Direction::Inbound,
        "outbound" => Direction::Outbound,
        _ => return None,
    };
    let own = own(workload, names);
    let method = line.text("method");
    let (flags, details) = (line.text("flags").unwrap_or_default(), line.text("details").unwrap_or_default());
    let status = line.number("status").and_then(|status| u16::try_from(status).ok()).filter(|status| *status > 0);
    let is_denied = direction == Direction::Inbound && (verdict::is_denial(details, flags) || (method.is_none() && line.is_closed()));
    let verdict = match method {
        _ if is_denied => Verdict::Denied,
        Some(_) => verdict::of_request(status.unwrap_or_default(), flags),
        None => verdict::of_connection(flags),
    };
    let came_from = line.address("source").map(|address| address.ip());
    let called = line.text("destination").map(str::to_owned);
    let upstream = line.address("upstream");
    let (source, destination) = match direction {
        Direction::Inbound => (caller_at(came_from, line.text("peer"), names), Party { address: called, ..own }),
        Direction::Outbound => {
            let sent = destination(&own, direction, line.text("cluster"), names);
            let workload = upstream.and_then(|address| names.workload_at(address.ip()));
            let address = upstream.map(|address| address.to_string()).or(called);
            (Party { address: came_from.map(|address| address.to_string()), ..own }, Party { workload, address, ..sent })
        }
    };
    let policy = line.text("policy_denied_by").filter(|_| is_denied).or_else(|| line.text("policy"));
    let known = |text: &str| Some(short(text)).filter(|text| !text.is_empty());
    Some(Call {
        id: 0,
        at: line.text("start")?.to_owned(),
        direction,
        source,
        destination,
        verdict,
        policy: policy.map(str::to_owned),
        protocol: line.text("protocol").filter(|protocol| *protocol != "TCP").map(str::to_owned),
        method: method.map(short),
        authority: line.text("authority").map(short),
        path: method.and_then(|_| line.text("path")).map(short),
        status,
        flags: known(flags),
        details: known(details).or_else(|| is_denied.then(|| "rbac_deny_close".to_owned())),
        duration_ms: line.number("duration_ms").unwrap_or_default(),
        bytes_in: line.number("bytes_in").unwrap_or_default(),
        bytes_out: line.number("bytes_out").unwrap_or_default(),
        attempts: line.number("attempts"),
    })
}

/// Who has called from an address. Of workloads that share an identity the address tells which it was; without an identity it proves nothing.
fn caller_at(address: Option<IpAddr>, identity: Option<&str>, names: &dyn Names) -> Party {
    let mut party = caller(identity, names);
    let at = address.filter(|_| party.workload.is_none() && identity.is_some()).and_then(|address| names.workload_at(address));
    if let Some(workload) = at.filter(|workload| names.identity(workload).as_deref() == identity) {
        party = own(&workload, names);
    }
    Party { address: address.map(|address| address.to_string()), ..party }
}

/// So many bytes of a text are kept, as callers choose how long it is.
const LONGEST: usize = 2000;

fn short(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}…", &text[..end])
}

/// The fields of a line.
struct Line<'l>(&'l Value);

impl<'l> Line<'l> {
    /// `-` is Envoy's word for nothing.
    fn text(&self, name: &str) -> Option<&'l str> {
        self.0[name].as_str().filter(|text| !text.is_empty() && *text != "-")
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0[name].as_u64().or_else(|| self.text(name)?.parse().ok())
    }

    fn address(&self, name: &str) -> Option<SocketAddr> {
        self.text(name)?.parse().ok()
    }

    /// Our own proxy's way to say that it has closed a connection by its rules: flags that are empty.
    fn is_closed(&self) -> bool {
        self.0["flags"].as_str() == Some("")
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::edges::tests::Bank;

    const START: &str = r#""start":"2026-11-22T02:00:00.123Z""#;

    fn of(line: &str, workload: &str) -> Call {
        match told(line, workload, &Bank) {
            Some(Told::Call(call)) => *call,
            other => panic!("{other:?}: {line}"),
        }
    }

    #[test]
    fn a_request_that_was_let_in() {
        let line = format!(
            r#"{{"attempts":1,"authority":"ledger.bank","bytes_in":3,"bytes_out":6,"cluster":"inbound/8080","destination":"127.0.0.2:8080",
            "details":"via_upstream","direction":"inbound","duration_ms":4,"flags":"-","method":"GET","path":"/a?b","peer":
            "spiffe://d/ns/bank/sa/teller","policy":"TrafficTarget/bank/ledger#a","policy_denied_by":null,"protocol":"HTTP/1.1","route":"r",
            "source":"127.0.0.3:4000",{START},"status":200,"upstream":"127.0.0.1:8080"}}"#
        );
        let call = of(&line, "bank/ledger");
        assert_eq!((call.source.name(), call.destination.name()), ("bank/teller".to_owned(), "bank/ledger".to_owned()));
        assert_eq!((call.source.address.as_deref(), call.destination.address.as_deref()), (Some("127.0.0.3"), Some("127.0.0.2:8080")));
        assert_eq!((call.verdict, call.status, call.flags), (Verdict::Allowed, Some(200), None));
        assert_eq!((call.policy.as_deref(), call.path.as_deref()), (Some("TrafficTarget/bank/ledger#a"), Some("/a?b")));
        assert_eq!((call.duration_ms, call.bytes_in, call.bytes_out, call.attempts), (4, 3, 6, Some(1)));
        assert_eq!(call.at, "2026-11-22T02:00:00.123Z");
    }

    #[test_case(r#""direction":"inbound","method":"GET","status":403,"flags":"-","details":"rbac_access_denied_matched_policy[none]""#, Verdict::Denied, None; "by default")]
    #[test_case(r#""direction":"inbound","method":"GET","status":403,"flags":"-","details":"rbac_access_denied_matched_policy[d]","policy":"p","policy_denied_by":"d""#, Verdict::Denied, Some("d"); "by a rule that denies")]
    #[test_case(r#""direction":"inbound","method":"POST","status":200,"flags":"-","details":"rbac_access_denied_matched_policy[none]""#, Verdict::Denied, None; "gRPC")]
    #[test_case(r#""direction":"inbound","method":"GET","status":403,"flags":"-","details":"via_upstream","policy":"p""#, Verdict::Allowed, Some("p"); "by the application itself")]
    #[test_case(r#""direction":"inbound","flags":"","status":null"#, Verdict::Denied, None; "a connection, as our own proxy tells it")]
    #[test_case(r#""direction":"inbound","protocol":"TCP","flags":"-","details":"rbac_deny_close""#, Verdict::Denied, None; "a connection, as Envoy tells it")]
    #[test_case(r#""direction":"inbound","flags":"-","policy":"p""#, Verdict::Allowed, Some("p"); "a connection that was let in")]
    #[test_case(r#""direction":"outbound","method":"GET","status":503,"flags":"UF""#, Verdict::Failed, None; "nobody there")]
    #[test_case(r#""direction":"outbound","method":"GET","status":0,"flags":"DC""#, Verdict::Failed, None; "given up")]
    #[test_case(r#""direction":"outbound","flags":"UH""#, Verdict::Failed, None; "a connection to nobody")]
    fn verdicts(fields: &str, want: Verdict, policy: Option<&str>) {
        let call = of(&format!("{{{fields},{START}}}"), "bank/ledger");
        assert_eq!((call.verdict, call.policy.as_deref()), (want, policy));
    }

    #[test_case("batch", "127.0.0.4", Some("bank/batch-1"); "one of two with this identity")]
    #[test_case("batch", "127.0.0.2", None; "the address of somebody else")]
    #[test_case("teller", "127.0.0.4", Some("bank/teller"); "an identity is more than an address")]
    fn who_shares_an_identity_is_known_by_the_address(account: &str, address: &str, want: Option<&str>) {
        let peer = format!(r#""peer":"spiffe://d/ns/bank/sa/{account}""#);
        let call = of(&format!(r#"{{"direction":"inbound","method":"GET",{peer},"source":"{address}:4000",{START}}}"#), "bank/ledger");
        assert_eq!((call.source.workload.as_deref(), call.source.address.as_deref()), (want, Some(address)));
        let nobody = of(&format!(r#"{{"direction":"inbound","method":"GET","source":"{address}:4000",{START}}}"#), "bank/ledger");
        assert_eq!(nobody.source.workload, None);
    }

    #[test]
    fn a_call_that_goes_is_named_by_where_it_went() {
        let fields = r#""direction":"outbound","method":"GET","status":200,"cluster":"bank/ledger/80","source":"127.0.0.3:4000""#;
        let sent = of(&format!(r#"{{{fields},"upstream":"127.0.0.2:8080",{START}}}"#), "bank/teller");
        assert_eq!((sent.source.workload.as_deref(), sent.destination.workload.as_deref()), (Some("bank/teller"), Some("bank/ledger")));
        let nowhere = of(&format!(r#"{{{fields},"destination":"127.0.0.3:80",{START}}}"#), "bank/teller");
        assert_eq!((nowhere.destination.workload, nowhere.destination.service.as_deref()), (None, Some("bank/ledger")));
        assert_eq!(nowhere.destination.address.as_deref(), Some("127.0.0.3:80"));
    }

    #[test]
    fn no_caller_chooses_how_much_is_kept() {
        let path = "é".repeat(40_000);
        let call = of(&format!(r#"{{"direction":"inbound","method":"GET","path":"/{path}","authority":"{path}",{START}}}"#), "bank/ledger");
        assert!([&call.path, &call.authority].into_iter().flatten().all(|text| text.len() <= LONGEST + 3 && text.ends_with('…')));
    }

    #[test]
    fn what_is_no_call_is_none() {
        assert_eq!(told(r#"{"left_out":7}"#, "a/b", &Bank), Some(Told::LeftOut(7)));
        for line in ["", "{", "[1]", "7", r#"{"direction":"inbound"}"#, r#"{"direction":"up","start":"t"}"#, "[2026-11-22][info] starting"]
        {
            assert_eq!(told(line, "a/b", &Bank), None, "{line}");
        }
    }
}
