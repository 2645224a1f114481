//! A controller of this version in the place of the one that a cluster has, with its settings.

use kube::core::ApiResource;
use meshglot_translator::render::Backend;
use serde_json::Value;

use super::inject::capture_image;
use super::settings::{ANNOTATION, Settings, image};
use super::{NAME, all, controller};
use crate::Io;
use crate::args::{ServesArgs, UpgradeArgs};
use crate::cluster::{Cluster, resource};
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
/// that, with a view if it has one, and with whatever flags somebody has added.
fn settings(found: &Value, args: &UpgradeArgs) -> Result<Settings, Failure> {
    let kept = kept(found).ok_or_else(|| {
        let failure = Failure::new(Exit::Unreachable, format!("{NAME} does not say how it was installed ({ANNOTATION})"));
        failure.help("`meshglot install` with its settings replaces it")
    })?;
    let replicas = found["spec"]["replicas"].as_u64().unwrap_or(1);
    let words = found.pointer("/spec/template/spec/containers/0/args").and_then(Value::as_array).into_iter().flatten();
    let words: Vec<&str> = words.filter_map(Value::as_str).collect();
    let has = |name: &str| words.iter().any(|word| flag(word) == name);
    let webhook = has("--webhook-address") && !has("--webhook-certificate");
    let mut settings = Settings {
        namespace: args.namespace.clone(),
        image: image(args.image.as_ref()),
        replicas,
        webhook,
        web: has("--web-address"),
        inject: webhook && has("--inject-control-plane"),
        capture_image: capture_image(args.capture_image.as_ref()),
        ..kept
    };
    settings.more = added(&words, &controller::words(&settings));
    Ok(settings)
}

/// Flags that are none of `ours`, each with its value.
fn added(words: &[&str], ours: &[String]) -> Vec<String> {
    let is_flag = |word: &&str| word.starts_with("--");
    let is_ours = |word: &str| ours.iter().any(|own| flag(own) == flag(word));
    let begins: Vec<usize> = (0..words.len()).filter(|at| is_flag(&words[*at])).collect();
    let ends = begins.iter().skip(1).copied().chain([words.len()]);
    let groups = begins.iter().zip(ends).map(|(begin, end)| &words[*begin..end]);
    groups.filter(|group| !is_ours(group[0])).flatten().map(|word| (*word).to_owned()).collect()
}

/// A flag without its value.
fn flag(word: &str) -> &str {
    word.split('=').next().unwrap_or_default()
}

/// `1.2.3` as numbers; what is none is older than everything.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

fn deployments() -> ApiResource {
    resource("apps/v1", "Deployment")
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test]
    fn flags_that_somebody_has_added_are_kept_with_their_values() {
        let ours = ["controller", "--backend", "istio", "--log-format=json", "--lease-namespace", "mesh"].map(str::to_owned);
        let mut words = vec!["controller", "--backend", "linkerd", "--log-format=text", "--lease-namespace=mesh"];
        assert_eq!(added(&words, &ours), [""; 0]);
        words.extend(["--webhook-address", "0.0.0.0:9443", "--xds-root-overlap=2h", "--leader-elect"]);
        assert_eq!(added(&words, &ours), words[5..]);
    }

    #[test_case("0.1.0", "0.1.1" ; "the last number")]
    #[test_case("0.9.0", "0.10.0" ; "numbers, not words")]
    #[test_case("", "0.0.1" ; "none")]
    fn versions_are_ordered(older: &str, newer: &str) {
        assert!(numbers(older) < numbers(newer));
    }
}
