//! The control plane of the built-in mesh, fed by what the controller knows of its cluster.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use meshglot_control::{BACKEND, Cluster, Control, Given, Reviews, Settings, Terms, TokenReviewer, TrustDomain};
use meshglot_controller::{Reader, Serve};
use meshglot_translator::ir::Kind;
use meshglot_translator::plan::Plan;
use serde_json::Value;
use tokio::runtime::Runtime;
use tracing::info;

use crate::args::XdsArgs;
use crate::cluster::failed;
use crate::exit::{Exit, Failure};
use crate::run::cannot_open;

/// How long the API server may take to say which Meshes there are.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes the address; proxies are answered from the first policy on. `None`: no control plane is wanted. `home`: the namespace that all
/// control planes of the cluster share; without it this one is alone, and nothing is kept there.
///
/// # Errors
/// The address is taken, the authority cannot be used, or the cluster does not say what it signs for.
pub(super) fn open(args: &XdsArgs, home: Option<&str>, client: &Client, runtime: &Runtime) -> Result<Option<Arc<Control>>, Failure> {
    let Some(listen) = args.xds_address else { return Ok(None) };
    let given = args.xds_ca.as_deref().map(given).transpose()?;
    let cluster = home.map(|namespace| Cluster { client: client.clone(), namespace: namespace.to_owned() });
    let is_kept = given.is_none() && args.xds_folder.is_none();
    let kept = cluster.as_ref().filter(|_| is_kept).map(|cluster| runtime.block_on(cluster.trust_domain())).transpose();
    // A Mesh that says another one is refused when it comes to that, and the webhooks answer meanwhile.
    let trust_domain = match kept.map_err(|error| cannot_open(&error))?.flatten() {
        Some(kept) => kept,
        None => trust_domain(client, runtime)?,
    };
    let reviewer = Some(Reviews(Arc::new(TokenReviewer::new(client.clone(), trust_domain.clone()))));
    let settings =
        Settings { listen, advertise: None, trust_domain, folder: args.xds_folder.clone(), given, terms: terms(args), cluster, reviewer };
    let note = Arc::new(|text: &str| info!("control plane: {text}"));
    let opened = runtime.block_on(Control::open(settings, note)).map_err(|error| cannot_open(&error))?;
    Ok(Some(Arc::new(opened)))
}

fn terms(args: &XdsArgs) -> Terms {
    let terms = Terms { lifetime: args.xds_certificate_lifetime, ..Terms::default() };
    args.xds_root_overlap.map_or(terms, |overlap| Terms { overlap, ..terms })
}

/// Puts policy in force on it.
pub(super) fn serve(control: &Arc<Control>) -> Serve {
    let control = control.clone();
    Arc::new(move |plan| {
        let own = control.trust_domain().to_string();
        if let Some(other) = signed_for(plan).filter(|other| **other != *own) {
            return Err(format!(
                "the Mesh says trust domain {other}, and the control plane signs for {own}: let it say {own} again; or delete the Secret \
                 meshglot-authority while no controller runs, and start all pods with a sidecar again after that"
            ));
        }
        control.publish(plan).map(drop).map_err(|error| error.to_string())
    })
}

/// The trust domain of the Mesh that decides; `None`: no Mesh is served here.
fn signed_for(plan: &Plan) -> Option<String> {
    let of_all = || plan.model.meshes().first().map(|mesh| mesh.trust_domain.clone()).filter(|_| plan.target.everything);
    plan.model.trust_domain_of(BACKEND).or_else(of_all).map(|domain| domain.to_string())
}

/// The same before anything is known of policy: without a Mesh it is that of Kubernetes.
///
/// # Errors
/// Meshes cannot be read, or it is none.
pub(super) fn trust_domain(client: &Client, runtime: &Runtime) -> Result<TrustDomain, Failure> {
    let reader = Reader { client: client.clone(), patience: PATIENCE };
    let read = async {
        match reader.kind(Kind::Mesh).await? {
            Some(kind) => reader.list(&kind.api, None, "").await,
            None => Ok(Vec::new()),
        }
    };
    let meshes: Vec<Value> = runtime.block_on(read).map_err(|error| failed(&error.what, &error.source))?;
    let created = |mesh: &&Value| (mesh["metadata"]["creationTimestamp"].to_string(), mesh["metadata"]["name"].to_string());
    let ours = meshes.iter().filter(|mesh| mesh["spec"]["backend"] == BACKEND).min_by_key(created);
    let mesh = ours.or(meshes.first()).map(|mesh| &mesh["spec"]);
    let text = |name: &str| mesh.and_then(|spec| spec[name].as_str());
    let domain = text("trustDomain").or(text("clusterDomain")).unwrap_or("cluster.local");
    domain.parse().map_err(|error| Failure::new(Exit::Invalid, format!("the trust domain of the Mesh: {error}")))
}

/// An intermediate CA by the names that a Secret of Kubernetes has.
fn given(folder: &Path) -> Result<Given, Failure> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).map_err(|error| Failure::new(Exit::Invalid, format!("--xds-ca: {}: {error}", path.display())))
    };
    Ok(Given { chain: read("tls.crt")?, key: read("tls.key")?, roots: read("ca.crt")? })
}
