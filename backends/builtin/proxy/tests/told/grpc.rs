//! Answers of the proxy's own to callers of gRPC have a status of gRPC, and what is told has it, too.

use crate::peers::call;
use crate::under_test::UnderTest;

#[test]
fn a_denial_has_its_status() {
    let proxy = UnderTest::start();
    assert_eq!(call(proxy.ports.requests, "/closed/", "content-type: application/grpc\r\n"), 200);
    assert_eq!(call(proxy.ports.requests, "/closed/", ""), 403);
    let name = "meshglot_proxy_requests_total";
    let of_grpc = proxy.counter(name, &["status=\"403\"", "grpc_status=\"7\""]);
    assert!(of_grpc.ends_with(" 1"), "{of_grpc}");
    proxy.end();
}
