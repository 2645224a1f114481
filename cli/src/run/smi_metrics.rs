//! The metrics API of SMI of a running mesh: to this machine alone, or to the front proxy of a kube-apiserver.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use meshglot_smi_metrics::{Files, FrontProxy, forbidden, router, serve};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::Told;
use super::observed::Observed;
use crate::args::SmiMetricsArgs;
use crate::dashboard::hosts;
use crate::exit::{Exit, Failure};

/// Serves it where it is asked for, and gives its address.
pub(super) fn open(
    args: &SmiMetricsArgs,
    observed: Arc<Observed>,
    runtime: &Runtime,
    tell: &Sender<Told>,
) -> Result<Option<String>, Failure> {
    let Some(address) = args.listen else { return Ok(None) };
    let files = match (&args.certificate, &args.key, &args.client_ca) {
        (Some(certificate), Some(key), Some(client_ca)) => {
            Some(Files { certificate: certificate.clone(), key: key.clone(), client_ca: client_ca.clone() })
        }
        _ => None,
    };
    if files.is_none() && !address.ip().is_loopback() {
        let message = format!("--smi-metrics: whoever reaches {address} could ask, and nothing on the way is encrypted");
        return Err(
            Failure::new(Exit::Usage, message).help("an address of this machine alone, or --smi-metrics-tls-cert and what it needs")
        );
    }
    let failed =
        |error: std::io::Error| Failure::new(Exit::of_address(&error), format!("--smi-metrics: cannot listen on {address}: {error}"));
    let listener = runtime.block_on(TcpListener::bind(address)).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let ended = tell.clone();
    let end = move |error: std::io::Error| {
        // Nobody listens any more when it ends.
        let _ = ended.send(Told::End(Err(format!("cannot serve the SMI metrics: {error}"))));
    };
    match files {
        None => {
            let router = guarded(router(observed), address);
            runtime.spawn(async move { axum::serve(listener, router).await.unwrap_or_else(end) });
            Ok(Some(format!("http://{address}")))
        }
        Some(files) => {
            let notes = tell.clone();
            let note = move |text: &str| {
                let _ = notes.send(Told::Note(text.to_owned()));
            };
            let allowed = FrontProxy { names: args.client_names.clone() };
            let served = serve(listener, files, allowed, router(observed), note);
            let served = served.map_err(|error| Failure::new(Exit::Invalid, format!("--smi-metrics: {error}")))?;
            runtime.spawn(async move { served.await.unwrap_or_else(end) });
            Ok(Some(format!("https://{address}")))
        }
    }
}

/// A page of somebody else must not ask through a visitor's browser: the same rules as the web view's.
fn guarded(router: axum::Router, address: SocketAddr) -> axum::Router {
    let hosts = Arc::new(hosts(address, &[]));
    router.layer(from_fn(move |request: Request, next: Next| {
        let hosts = hosts.clone();
        async move {
            let (parts, body) = request.into_parts();
            match hosts.refusal(&parts) {
                Some(refused) => forbidden(&refused.message),
                None => next.run(Request::from_parts(parts, body)).await,
            }
        }
    }))
}
