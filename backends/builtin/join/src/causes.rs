//! Errors in one line, with what caused them.

use std::error::Error;
use std::io;

use rustls::{CertificateError, OtherError};

/// An error and its causes, from the outside in; what a cause only repeats is left out. Where the certificate of a server was refused,
/// that alone is told: TLS would tell it as a programmer sees it.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(refused) = refused(error) {
            return refused;
        }
        let cause = error.to_string();
        if !text.contains(&cause) {
            text = if text.is_empty() { cause } else { format!("{text}: {cause}") };
        }
        next = error.source();
    }
    text
}

/// Errors of TLS come inside of those of input and output, which do not name them as their source.
fn refused(error: &(dyn Error + 'static)) -> Option<String> {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let tls = inner.map_or_else(|| error.downcast_ref(), |inner| inner.downcast_ref::<rustls::Error>())?;
    match tls {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(why))) | rustls::Error::Other(OtherError(why)) => {
            Some(why.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outside")]
    struct Outside(#[source] io::Error);

    #[test]
    fn every_cause_is_told_once() {
        assert_eq!(causes(&Outside(io::Error::other("inside"))), "outside: inside");
        assert_eq!(causes(&Outside(io::Error::other("outside"))), "outside");
    }

    #[test]
    fn a_refused_server_is_told_alone() {
        let why = OtherError(Arc::new(io::Error::other("a stranger")));
        let tls = rustls::Error::InvalidCertificate(CertificateError::Other(why));
        assert_eq!(causes(&Outside(io::Error::other(tls))), "a stranger");
    }
}
