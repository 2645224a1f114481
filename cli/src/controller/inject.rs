//! Sidecars for the pods about which the API server asks the webhook.

use std::sync::Arc;

use kube::Client;
use meshglot_control::Control;
use meshglot_controller::{Inject, Injected};
use meshglot_inject::{InjectError, Outcome, Settings, found, inject};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::xds::trust_domain;
use crate::args::InjectorArgs;
use crate::exit::Failure;
use crate::inject::Sidecars;

/// What sidecars are like; `None`: none are wanted. Nobody is asked.
///
/// # Errors
/// The flags say nothing that could be.
pub(super) fn wanted(args: &InjectorArgs) -> Result<Option<Settings>, Failure> {
    let Some(control_plane) = &args.inject_control_plane else { return Ok(None) };
    let sidecars = Sidecars {
        image: args.inject_image.as_ref(),
        capture_image: args.inject_capture_image.as_ref(),
        control_plane,
        trust_domain: args.inject_trust_domain.as_deref().unwrap_or_default(),
        roots: args.inject_roots.as_deref(),
        prefix: "inject-",
    };
    sidecars.settings().map(Some)
}

/// Answers by these settings from now on, whoever leads and whatever is known of policy. The trust domain that no flag names is that of
/// this control plane, and of the Mesh where this is none.
///
/// # Errors
/// The cluster does not say which that is.
pub(super) fn judge(mut settings: Settings, plane: Option<&Control>, client: &Client, runtime: &Runtime) -> Result<Inject, Failure> {
    if settings.trust_domain.is_empty() {
        settings.trust_domain = match plane {
            Some(plane) => plane.trust_domain().to_string(),
            None => trust_domain(client, runtime)?.to_string(),
        };
    }
    Ok(Arc::new(move |pod| injected(pod, &settings).map_err(|why| why.to_string())))
}

fn injected(pod: &Value, settings: &Settings) -> Result<Injected, InjectError> {
    let Some(found) = found(pod) else { return Ok(Injected::default()) };
    Ok(match inject(pod, &found.workload, settings)? {
        Outcome::Injected { template, notes } => Injected { pod: Some(template), notes },
        Outcome::Left(_) => Injected::default(),
    })
}
