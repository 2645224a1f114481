//! Requests that rules let pass or refuse.

use super::case::{Case, asks};

pub(super) const CASES: [Case; 5] = [
    asks("allowed", b"GET /users/1 HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("denied", b"GET /other HTTP/1.1\r\nhost: api-v2.shop\r\nx-request-id: 4711\r\n\r\n"),
    asks("HEAD denied", b"HEAD /other HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("POST denied", b"POST /other HTTP/1.1\r\nhost: api-v2.shop\r\ncontent-length: 5\r\n\r\nhello"),
    asks("denied and Connection: close", b"GET /other HTTP/1.1\r\nhost: api-v2.shop\r\nconnection: close\r\n\r\n"),
];
