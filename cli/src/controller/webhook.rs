//! The webhook of a controller, on every replica.

use std::net::TcpListener;

use meshglot_controller::{Certificates, OwnCertificate, Reviewers, serve_reviews};
use tokio::runtime::Runtime;
use tracing::warn;

use crate::args::{ControllerArgs, WebhookArgs};
use crate::exit::{Exit, Failure};

/// A port that is taken for it, and by what it serves.
pub(super) struct Webhook {
    listener: TcpListener,
    by: By,
}

/// Whose certificate it is.
enum By {
    /// Files that somebody else renews.
    Folder(Certificates),
    /// A Secret that controllers keep.
    Own(OwnCertificate),
}

/// The certificate that controllers keep themselves; `None`: there is no webhook, or somebody else makes its certificate.
pub(super) fn own(args: &ControllerArgs) -> Option<OwnCertificate> {
    let is_own = args.webhook.webhook_address.is_some() && args.webhook.webhook_certificate.is_none();
    is_own.then(|| OwnCertificate::new(&args.lease_namespace).that_injects(args.injector.inject_control_plane.is_some()))
}

/// Takes the port; `None`: none is wanted.
///
/// # Errors
/// The address cannot be listened on, or the certificate cannot be used.
pub(super) fn listen(args: &WebhookArgs, own: Option<OwnCertificate>) -> Result<Option<Webhook>, Failure> {
    let Some(address) = args.webhook_address else { return Ok(None) };
    let wrong = |error| Failure::new(Exit::Invalid, format!("--webhook-certificate: {error}"));
    let folder = args.webhook_certificate.as_deref().map(Certificates::open).transpose().map_err(wrong)?;
    let Some(by) = folder.map(By::Folder).or(own.map(By::Own)) else { return Ok(None) };
    let listener = TcpListener::bind(address).map_err(|error| {
        Failure::new(Exit::of_address(&error), format!("--webhook-address: cannot listen on {address}: {error}"))
            .help("port 0 takes one that is free, and tells it")
    })?;
    Ok(Some(Webhook { listener, by }))
}

impl Webhook {
    /// Answers until the runtime ends; where that is, as people are told it.
    ///
    /// # Errors
    /// The socket cannot be used.
    pub(super) fn start(self, runtime: &Runtime, reviewers: Reviewers) -> Result<String, Failure> {
        let injects = reviewers.inject.is_some();
        let address = self.listener.local_addr()?;
        self.listener.set_nonblocking(true)?;
        let _context = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        match self.by {
            By::Folder(certificates) => {
                let metrics = reviewers.metrics.clone();
                runtime.spawn(serve_reviews(listener, certificates.newest(), reviewers));
                runtime.spawn(certificates.follow(metrics, |error| warn!("the webhook goes on by the certificate before: {error}")));
            }
            By::Own(own) => _ = runtime.spawn(serve_reviews(listener, own.newest(), reviewers)),
        }
        let pods = if injects { format!("sidecars       https://{address}/inject\n") } else { String::new() };
        Ok(format!("webhook        https://{address}/validate\n{pods}"))
    }
}
