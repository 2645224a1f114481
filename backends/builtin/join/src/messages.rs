//! The messages of `join.proto`, by hand.

use std::fmt;

/// The service, as it stands in the paths of its methods.
pub(crate) const SERVICE: &str = "meshglot.join.v1.Join";

/// The path of the method that signs.
pub(crate) const SIGN: &str = "/meshglot.join.v1.Join/Sign";

/// The path of the method that sends the roots.
pub(crate) const TRUST: &str = "/meshglot.join.v1.Join/Trust";

/// Asks for a certificate. Its `Debug` does not show the token.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct SignRequest {
    /// PKCS #10, DER or PEM, at most 16 KiB. It names the identity of the caller, or nothing.
    #[prost(bytes = "vec", tag = "1")]
    pub csr: Vec<u8>,
    /// A join token, good once; empty where the certificate of the connection says who asks.
    #[prost(string, tag = "2")]
    pub token: String,
}

impl fmt::Debug for SignRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { csr, token } = self;
        f.debug_struct("SignRequest").field("csr_bytes", &csr.len()).field("has_token", &!token.is_empty()).finish()
    }
}

/// A certificate. Nothing in it is secret.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SignResponse {
    /// The certificate, then its intermediates, each signed by the next. PEM.
    #[prost(string, tag = "1")]
    pub chain_pem: String,
    /// All roots that are trusted now. PEM.
    #[prost(string, tag = "2")]
    pub bundle_pem: String,
}

/// Asks for the roots, now and whenever they change.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TrustRequest {}

/// The roots.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TrustResponse {
    /// All roots that are trusted from now on, in place of those sent before. PEM.
    #[prost(string, tag = "1")]
    pub bundle_pem: String,
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_proto() {
        let request = SignRequest { csr: vec![7], token: "t".to_owned() };
        assert_eq!(request.encode_to_vec(), [0x0a, 1, 7, 0x12, 1, b't']);
        let response = SignResponse { chain_pem: "c".to_owned(), bundle_pem: "b".to_owned() };
        assert_eq!(response.encode_to_vec(), [0x0a, 1, b'c', 0x12, 1, b'b']);
        assert_eq!(TrustResponse { bundle_pem: "b".to_owned() }.encode_to_vec(), [0x0a, 1, b'b']);
        assert!(TrustRequest {}.encode_to_vec().is_empty());
    }

    #[test]
    fn debug_shows_no_token() {
        let request = SignRequest { csr: Vec::new(), token: "mgj_secret".to_owned() };
        assert!(!format!("{request:?}").contains("secret"));
    }

    #[test]
    fn the_proto_file_has_the_same_names() {
        let proto = include_str!("../join.proto");
        let (package, service) = SERVICE.rsplit_once('.').expect("a package");
        assert!(proto.contains(&format!("package {package};")) && proto.contains(&format!("service {service} {{")));
        for path in [SIGN, TRUST] {
            let method = path.strip_prefix(&format!("/{SERVICE}/")).expect("of the service");
            assert!(proto.contains(&format!("rpc {method}({method}Request)")), "{method}");
        }
    }
}
