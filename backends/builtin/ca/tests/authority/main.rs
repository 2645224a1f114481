//! The authority as its users see it: requests in, certificates out, and what verifies them.

mod given;
mod harness;
mod issuing;
mod openssl;
mod properties;
mod requests;
mod rotation;
mod secrets;
mod store;
mod tokens;
mod verifying;
