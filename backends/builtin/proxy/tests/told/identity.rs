//! Requests are told apart by their IDs, whoever gave them.

use crate::peers::call;
use crate::under_test::UnderTest;

#[test]
fn an_id_that_the_proxy_gave_is_logged() {
    let proxy = UnderTest::start();
    call(proxy.ports.requests, "/open/200", "");
    call(proxy.ports.requests, "/open/200", "x-request-id: 4711\r\n");
    let log = proxy.end();
    let ids: Vec<_> = log.iter().filter(|line| line["status"] == 200).map(|line| line["request_id"].as_str()).collect();
    assert_eq!(ids.len(), 2, "{log:?}");
    assert!(ids[0].is_some_and(|id| id.len() == 36), "{ids:?}");
    assert_eq!(ids[1], Some("4711"));
}
