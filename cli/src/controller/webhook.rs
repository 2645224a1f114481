//! The webhook of a controller, on every replica.

use std::net::{SocketAddr, TcpListener};

use meshglot_controller::{Certificates, Desk, serve_reviews};
use tokio::runtime::Runtime;
use tracing::warn;

use crate::args::WebhookArgs;
use crate::exit::{Exit, Failure};

/// A port that is taken for it, with a certificate that can serve.
pub(super) struct Webhook {
    listener: TcpListener,
    certificates: Certificates,
}

/// Takes the port; `None`: none is wanted.
///
/// # Errors
/// The address cannot be listened on, or the certificate cannot be used.
pub(super) fn listen(args: &WebhookArgs) -> Result<Option<Webhook>, Failure> {
    let Some((address, folder)) = args.webhook_address.zip(args.webhook_certificate.as_ref()) else { return Ok(None) };
    let wrong = |error: &dyn std::fmt::Display| Failure::new(Exit::Invalid, format!("--webhook-certificate: {error}"));
    let certificates = Certificates::open(folder).map_err(|error| wrong(&error))?;
    let listener = TcpListener::bind(address).map_err(|error| {
        Failure::new(Exit::of_address(&error), format!("--webhook-address: cannot listen on {address}: {error}"))
            .help("port 0 takes one that is free, and tells it")
    })?;
    Ok(Some(Webhook { listener, certificates }))
}

impl Webhook {
    /// Answers until the runtime ends; where that is.
    ///
    /// # Errors
    /// The socket cannot be used.
    pub(super) fn start(self, runtime: &Runtime, desk: Desk) -> Result<SocketAddr, Failure> {
        let address = self.listener.local_addr()?;
        self.listener.set_nonblocking(true)?;
        let _context = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        runtime.spawn(serve_reviews(listener, self.certificates.newest(), desk));
        runtime.spawn(self.certificates.follow(|error| warn!("the webhook goes on by the certificate before: {error}")));
        Ok(address)
    }
}
