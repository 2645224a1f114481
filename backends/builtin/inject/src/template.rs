//! One template of a pod, with the sidecar in it.

use serde_json::{Value, json};

use crate::ports::{Ports, items};
use crate::settings::Settings;
use crate::{CAPTURE, PROXY, containers, probes, volumes};

/// Label of a pod, or annotation, that decides for it.
const INJECT: &str = "meshglot.dev/inject";

/// Lists of a template, and what is a mapping in it, where there is one.
const SHAPES: [&str; 5] = ["/metadata", "/metadata/labels", "/metadata/annotations", "/spec/initContainers", "/spec/volumes"];

/// What became of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has the sidecar now.
    Injected {
        /// The template; everything else in it is as it was.
        template: Value,
        /// What somebody should know, for people.
        notes: Vec<String>,
    },
    /// It stays as it is.
    Left(Left),
}

/// Why a template stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Left {
    /// Its connections are those of the whole node.
    #[error("it shares the network of its node")]
    HostNetwork,
    /// Somebody has done it before.
    #[error("it has the sidecar already")]
    Injected,
    /// `meshglot.dev/inject: disabled`.
    #[error("`meshglot.dev/inject` says `disabled`")]
    Disabled,
    /// There are no redirections.
    #[error("it runs on Windows")]
    Windows,
}

/// Why it cannot be decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InjectError {
    /// An annotation holds no ports.
    #[error("the annotation {annotation}: `{word}` is no port")]
    Port {
        /// Its key.
        annotation: &'static str,
        /// What is written.
        word: String,
    },
    /// The label or annotation says neither.
    #[error("`{INJECT}` is `enabled` or `disabled`, not `{0}`")]
    Word(String),
    /// A field has another shape than Kubernetes gives it.
    #[error("{0} is not what Kubernetes takes there")]
    Shape(&'static str),
    /// No containers.
    #[error("it has no containers")]
    NoContainers,
}

/// Puts the sidecar into the template of a pod, or a pod itself; `workload` is what the mesh calls it.
///
/// # Errors
/// The template, or one of our annotations, makes no sense.
pub fn inject(template: &Value, workload: &str, settings: &Settings) -> Result<Outcome, InjectError> {
    if items(&template["spec"]["containers"]).next().is_none() {
        return Err(InjectError::NoContainers);
    }
    let is_odd = |pointer: &&str| {
        let is_list = pointer.starts_with("/spec");
        template.pointer(pointer).is_some_and(|value| !value.is_null() && if is_list { !value.is_array() } else { !value.is_object() })
    };
    if let Some(pointer) = SHAPES.into_iter().find(is_odd) {
        return Err(InjectError::Shape(pointer));
    }
    if let Some(left) = leaves(template)? {
        return Ok(Outcome::Left(left));
    }
    let ports = Ports::of(template)?;
    let (mut template, mut notes) = (template.clone(), Vec::new());
    let probes = probes::redirected(&mut template["spec"], &ports.leave, &mut notes);
    let ours =
        [containers::capture(&ports, settings), containers::proxy(workload, &probes, &template["metadata"]["annotations"], settings)];
    // First: the application's own init containers call through the mesh, too.
    put(&mut template["spec"]["initContainers"], ours, 0);
    let end = items(&template["spec"]["volumes"]).count();
    put(&mut template["spec"]["volumes"], volumes::volumes(settings), end);
    if let Some((key, text)) = volumes::annotation(settings) {
        template["metadata"]["annotations"][key] = json!(text);
    }
    Ok(Outcome::Injected { template, notes })
}

/// Why the template of a pod, or a pod, stays as it is; `None`: it is to have the sidecar.
///
/// # Errors
/// The label or annotation says neither.
pub fn leaves(template: &Value) -> Result<Option<Left>, InjectError> {
    let (metadata, spec) = (&template["metadata"], &template["spec"]);
    for list in ["labels", "annotations"] {
        match metadata[list][INJECT].as_str() {
            Some("disabled") => return Ok(Some(Left::Disabled)),
            Some("enabled") | None => {}
            Some(word) => return Err(InjectError::Word(word.to_owned())),
        }
    }
    let named = |list: &str| items(&spec[list]).any(|container| container["name"] == PROXY || container["name"] == CAPTURE);
    let is_windows = spec["os"]["name"] == "windows" || spec["nodeSelector"]["kubernetes.io/os"] == "windows";
    Ok(match () {
        () if named("initContainers") || named("containers") => Some(Left::Injected),
        () if spec["hostNetwork"] == true => Some(Left::HostNetwork),
        () if is_windows => Some(Left::Windows),
        () => None,
    })
}

/// Puts values into a list that may not be there.
fn put(list: &mut Value, values: [Value; 2], at: usize) {
    if !list.is_array() {
        *list = json!([]);
    }
    if let Some(list) = list.as_array_mut() {
        list.splice(at..at, values);
    }
}

#[cfg(test)]
mod tests;
