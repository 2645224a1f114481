//! `meshglot install`, `upgrade` and `uninstall`: what a cluster needs for a controller, as manifests.

mod controller;
mod settings;
mod uninstall;
mod upgrade;

use meshglot_controller::roles;
use meshglot_translator::render::Backend;
use serde_json::{Value, json};

use crate::Io;
use crate::args::InstallArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::manifests;
use settings::Settings;

pub(crate) use uninstall::run as uninstall;
pub(crate) use upgrade::{installed, run as upgrade};

/// Of the account, of what runs by it, and of its roles.
const NAME: &str = "meshglot-controller";

pub(crate) fn run(args: &InstallArgs, io: &mut Io<'_>) -> Outcome {
    let backend = written_by(&args.backend)?;
    crate::plan::accepted(&args.accepted)?;
    manifests::print(&all(backend, &Settings::of(args)), &args.output, io)?;
    Ok(Exit::Ok)
}

/// A backend for which a controller has something to do.
fn written_by(name: &str) -> Result<&'static dyn Backend, Failure> {
    let found = meshglot_registry::find(name).ok_or_else(|| Failure::new(Exit::Usage, format!("there is no backend `{name}`")))?;
    if found.kinds().is_empty() {
        let failure = Failure::new(Exit::Usage, format!("--backend {name}: it renders nothing that a cluster could keep"));
        return Err(failure.help("meshglot run serves it to its proxies"));
    }
    Ok(found)
}

/// Everything, in an order in which it can be applied.
fn all(backend: &'static dyn Backend, settings: &Settings) -> Vec<Value> {
    let mut objects: Vec<Value> = if settings.crds { meshglot_crds::all().iter().map(|kind| kind.crd()).collect() } else { Vec::new() };
    objects.push(namespace(&settings.namespace));
    objects.extend(own(backend, settings));
    objects
}

/// What is the controller's own, without definitions and without the namespace.
fn own(backend: &'static dyn Backend, settings: &Settings) -> Vec<Value> {
    let mut objects = roles(backend, NAME, &settings.namespace);
    objects.iter_mut().for_each(|object| object["metadata"]["labels"] = labels());
    objects.extend(controller::of(settings));
    objects
}

/// Pods in it may do what the strictest of Kubernetes' standards lets them.
fn namespace(name: &str) -> Value {
    let mut labels = labels();
    labels["pod-security.kubernetes.io/enforce"] = json!("restricted");
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

fn labels() -> Value {
    json!({"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "meshglot", "app.kubernetes.io/version": env!("CARGO_PKG_VERSION")})
}

fn metadata(name: &str, namespace: &str) -> Value {
    let mut metadata = json!({"name": name, "labels": labels()});
    if !namespace.is_empty() {
        metadata["namespace"] = json!(namespace);
    }
    metadata
}
