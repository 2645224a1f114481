//! Private keys, which show nothing of themselves and leave in one way only.

use std::fmt;

use rcgen::{CertificateParams, DistinguishedName, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PublicKeyData as _, SanType};

use crate::spiffe_id::SpiffeId;

/// An ECDSA key pair. Its `Debug` shows nothing, it is not `Clone`, and the private half leaves by [`KeyPair::private_key_pem`] alone.
///
/// The memory is not wiped when it is dropped: the signing library keeps copies that cannot be reached.
pub struct KeyPair(rcgen::KeyPair);

impl KeyPair {
    /// A new P-256 key pair.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        rcgen::KeyPair::generate().map(Self).map_err(|_| KeyError::Generate)
    }

    /// Reads a private key (PEM of a PKCS #8 key, not encrypted): ECDSA P-256 or P-384.
    ///
    /// # Errors
    /// Where it is none, or of another kind. The error holds nothing of the text.
    pub fn from_private_key_pem(text: &str) -> Result<Self, KeyError> {
        let key = rcgen::KeyPair::from_pem(text).map_err(|_| KeyError::Unreadable)?;
        if !key.is_compatible(&PKCS_ECDSA_P256_SHA256) && !key.is_compatible(&PKCS_ECDSA_P384_SHA384) {
            return Err(KeyError::Kind);
        }
        Ok(Self(key))
    }

    /// A certificate signing request (DER) that asks for this identity and nothing else.
    ///
    /// # Errors
    /// Where signing fails.
    pub fn csr(&self, id: &SpiffeId) -> Result<Vec<u8>, KeyError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.subject_alt_names = vec![SanType::URI(id.to_string().try_into().map_err(|_| KeyError::Sign)?)];
        params.serialize_request(&self.0).map(|csr| csr.der().to_vec()).map_err(|_| KeyError::Sign)
    }

    /// The private key as PEM (PKCS #8), to write it to a file of mode 0600 or to hand it to the proxy. Never log it.
    pub fn private_key_pem(&self) -> String {
        self.0.serialize_pem()
    }

    /// The public key as it stands in a certificate: an uncompressed point.
    pub(crate) fn public_key(&self) -> &[u8] {
        self.0.der_bytes()
    }

    pub(crate) fn signer(&self) -> &rcgen::KeyPair {
        &self.0
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair")
    }
}

/// Why there is no key, or no request of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No random numbers.
    #[error("no key could be made, since the system gives no random numbers: check that `getrandom` is allowed")]
    Generate,
    /// Not a PKCS #8 key in PEM.
    #[error("the private key cannot be read: give an unencrypted `PRIVATE KEY` block (`openssl pkcs8 -topk8 -nocrypt` makes one)")]
    Unreadable,
    /// RSA, Ed25519 or another curve.
    #[error("the private key is of an unsupported kind: use ECDSA P-256 or P-384")]
    Kind,
    /// The signing library refused.
    #[error("the request could not be signed: make a new key")]
    Sign,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_and_read_again() {
        let key = KeyPair::generate().expect("random numbers");
        let again = KeyPair::from_private_key_pem(&key.private_key_pem()).expect("what was written");
        assert_eq!(key.public_key(), again.public_key());
    }

    #[test]
    fn its_debug_shows_nothing() {
        assert_eq!(format!("{:?}", KeyPair::generate().expect("random numbers")), "KeyPair");
    }

    #[test]
    fn other_kinds_are_refused_without_showing_them() {
        let other = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("random numbers");
        assert_eq!(KeyPair::from_private_key_pem(&other.serialize_pem()).err(), Some(KeyError::Kind));
        let error =
            KeyPair::from_private_key_pem("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n").expect_err("no key");
        assert!(!format!("{error:?} {error}").contains("c2VjcmV0"));
    }
}
