//! A controller of this version in the place of the one that a cluster has, with its settings.

use kube::core::{ApiResource, GroupVersionKind};
use meshglot_translator::render::Backend;
use serde_json::Value;

use super::inject::capture_image;
use super::settings::{ANNOTATION, Settings, image};
use super::{NAME, all};
use crate::Io;
use crate::args::{ServesArgs, UpgradeArgs};
use crate::cluster::Cluster;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::manifests;
use crate::plan::served;

pub(crate) fn run(args: &UpgradeArgs, io: &mut Io<'_>) -> Outcome {
    let cluster = Cluster::of(&args.cluster)?;
    let found = cluster.read(cluster.reader.get(&deployments(), &args.namespace, NAME))?;
    let found = found.ok_or_else(|| {
        let failure = Failure::new(Exit::Unreachable, format!("the cluster has no Deployment {NAME} in the namespace {}", args.namespace));
        failure.help("-n names another one; `meshglot install` prints a first one")
    })?;
    let version = found["metadata"]["labels"]["app.kubernetes.io/version"].as_str().unwrap_or_default();
    if numbers(version) > numbers(env!("CARGO_PKG_VERSION")) {
        let message = format!("the cluster has version {version}, and this is {}", env!("CARGO_PKG_VERSION"));
        return Err(Failure::new(Exit::Conflict, message).help("its definitions may have what this one does not know: take that version"));
    }
    let settings = settings(&found, args)?;
    manifests::print(&all(&served(&settings.serves(), settings.has_plane())?, &settings), &args.output, io)?;
    Ok(Exit::Ok)
}

/// The backends of the controller that a cluster has; `None`: none was installed there, or it may not be seen.
pub(crate) fn installed(cluster: &Cluster, namespace: &str) -> Option<Vec<&'static dyn Backend>> {
    let found = cluster.read(cluster.reader.get(&deployments(), namespace, NAME)).ok()??;
    let settings = kept(&found)?;
    Some(served(&settings.serves(), settings.has_plane()).ok()?.backends().to_vec())
}

/// Which meshes the controller that a cluster has serves; `None`: nobody knows.
pub(crate) fn serves(cluster: &Cluster, namespace: &str) -> Option<ServesArgs> {
    let found = cluster.read(cluster.reader.get(&deployments(), namespace, NAME)).ok()??;
    Some(kept(&found)?.serves())
}

fn kept(found: &Value) -> Option<Settings> {
    serde_json::from_str(found["metadata"]["annotations"][ANNOTATION].as_str()?).ok()
}

/// As it was installed, with the replicas that it has now, with a webhook if it has one now that keeps its own certificate, with sidecars by
/// that, and with a view if it has one.
fn settings(found: &Value, args: &UpgradeArgs) -> Result<Settings, Failure> {
    let kept = kept(found).ok_or_else(|| {
        let failure = Failure::new(Exit::Unreachable, format!("{NAME} does not say how it was installed ({ANNOTATION})"));
        failure.help("`meshglot install` with its settings replaces it")
    })?;
    let replicas = found["spec"]["replicas"].as_u64().unwrap_or(1);
    let has = |flag: &str| {
        let words = found.pointer("/spec/template/spec/containers/0/args").and_then(Value::as_array).into_iter().flatten();
        words.filter_map(Value::as_str).any(|word| word.split('=').next() == Some(flag))
    };
    let webhook = has("--webhook-address") && !has("--webhook-certificate");
    Ok(Settings {
        namespace: args.namespace.clone(),
        image: image(args.image.as_ref()),
        replicas,
        webhook,
        web: has("--web-address"),
        inject: webhook && has("--inject-control-plane"),
        capture_image: capture_image(args.capture_image.as_ref()),
        ..kept
    })
}

/// `1.2.3` as numbers; what is none is older than everything.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

fn deployments() -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk("apps", "v1", "Deployment"))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("0.1.0", "0.1.1" ; "the last number")]
    #[test_case("0.9.0", "0.10.0" ; "numbers, not words")]
    #[test_case("", "0.0.1" ; "none")]
    fn versions_are_ordered(older: &str, newer: &str) {
        assert!(numbers(older) < numbers(newer));
    }
}
