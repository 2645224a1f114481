//! The API as clients see it: what is counted of a shop, over HTTP and over TLS.

mod http;
mod seen;
mod shop;
mod tls;
