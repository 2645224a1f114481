//! `meshglot install`, `upgrade` and `uninstall`: what a cluster needs for a controller, as manifests.

mod controller;
mod inject;
mod kinds;
mod plane;
mod settings;
mod uninstall;
mod upgrade;
mod webhook;

use meshglot_controller::roles;
use meshglot_translator::plan::Chosen;
use serde_json::{Value, json};

use crate::args::InstallArgs;
use crate::exit::{Exit, Outcome};
use crate::output::manifests;
use crate::plan::served;
use crate::{Io, plan};
use settings::Settings;

pub(crate) use kinds::{Kinds, kinds};
pub(crate) use settings::image;
pub(crate) use uninstall::run as uninstall;
pub(crate) use upgrade::{installed, run as upgrade, serves};

/// Of the account, of what runs by it, and of its roles.
const NAME: &str = "meshglot-controller";

pub(crate) fn run(args: &InstallArgs, io: &mut Io<'_>) -> Outcome {
    let settings = Settings::of(args);
    let chosen = served(&args.serves, settings.has_plane())?;
    if args.inject {
        inject::possible(&chosen)?;
    }
    plan::accepted(&args.accepted)?;
    manifests::print(&all(&chosen, &settings), &args.output, io)?;
    Ok(Exit::Ok)
}

/// Everything, in an order in which it can be applied.
fn all(chosen: &Chosen, settings: &Settings) -> Vec<Value> {
    let mut objects: Vec<Value> = if settings.crds { meshglot_crds::all().iter().map(|kind| kind.crd()).collect() } else { Vec::new() };
    objects.push(namespace(&settings.namespace));
    objects.extend(own(chosen, settings));
    objects
}

/// What is the controller's own, without definitions and without the namespace.
fn own(chosen: &Chosen, settings: &Settings) -> Vec<Value> {
    let mut objects = roles(chosen.backends(), NAME, &settings.namespace);
    objects.iter_mut().for_each(|object| object["metadata"]["labels"] = labels());
    if settings.webhook {
        objects.extend(webhook::rights(NAME, &settings.namespace, settings.inject));
    }
    objects.extend(controller::of(settings));
    // The last that comes is the first that goes: nobody is asked who is not there.
    if settings.webhook {
        objects.extend(webhook::asked(&settings.namespace));
    }
    if settings.inject {
        objects.push(inject::configuration(&settings.namespace));
    }
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
