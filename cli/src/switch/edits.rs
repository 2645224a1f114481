//! Which Meshes are edited so that namespaces run on another backend: all of a Mesh by one field, some of it by its selector and that of a
//! second Mesh.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_controller::as_written;
use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::parse::{Document, Source, parse};
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};

/// The label that every namespace has.
const NAME: &str = "kubernetes.io/metadata.name";

/// Namespaces that are in no Mesh unless its selector names them; the Mesh's own is one more.
const SYSTEM: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// What becomes of one Mesh.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Edit {
    Create(Value),
    Change { before: Value, after: Value },
    Delete(Value),
}

impl Edit {
    /// The Mesh as it will be, or as it was where it goes.
    pub(super) fn mesh(&self) -> &Value {
        match self {
            Self::Create(mesh) | Self::Change { after: mesh, .. } | Self::Delete(mesh) => mesh,
        }
    }

    pub(super) fn name(&self) -> &str {
        name(self.mesh())
    }

    pub(super) fn key(&self) -> ObjectKey {
        ObjectKey { kind: Kind::Mesh, namespace: "".into(), name: self.name().into() }
    }

    /// The Mesh as it will be written; `None`: it goes.
    pub(super) fn document(&self) -> Option<Arc<Document>> {
        if matches!(self, Self::Delete(_)) {
            return None;
        }
        let source = Source::new(format!("Mesh/{}", self.name()), as_written(self.mesh()).to_string());
        parse(std::slice::from_ref(&source)).0.into_iter().next()
    }

    /// What it does, for people.
    pub(super) fn words(&self, arrow: &str) -> String {
        let backend = |mesh: &Value| mesh["spec"]["backend"].as_str().unwrap_or_default().to_owned();
        match self {
            Self::Create(mesh) => format!("Mesh/{} is made for {}", self.name(), backend(mesh)),
            Self::Delete(_) => format!("Mesh/{} has no namespace any more, and is deleted", self.name()),
            Self::Change { before, after } if backend(before) != backend(after) => {
                format!("Mesh/{} backend {} {arrow} {}", self.name(), backend(before), backend(after))
            }
            Self::Change { .. } => format!("Mesh/{} selects other namespaces", self.name()),
        }
    }
}

fn name(mesh: &Value) -> &str {
    mesh["metadata"]["name"].as_str().unwrap_or_default()
}

/// All of the Meshes, or of the one that is `named`.
pub(super) fn of_meshes(meshes: &[Value], to: &str, named: Option<&str>) -> Result<Vec<Edit>, Failure> {
    if let Some(missing) = named.filter(|named| !meshes.iter().any(|mesh| name(mesh) == *named)) {
        return Err(Failure::new(Exit::Unreachable, format!("the cluster has no Mesh/{missing}")));
    }
    let wanted = meshes.iter().filter(|mesh| named.is_none_or(|named| name(mesh) == named) && mesh["spec"]["backend"] != to);
    let edit = |mesh: &Value| {
        let mut after = mesh.clone();
        after["spec"]["backend"] = json!(to);
        Edit::Change { before: mesh.clone(), after }
    };
    Ok(wanted.map(edit).collect())
}

/// These namespaces alone; `homes`: the Mesh of each. Who gets them is edited first: for a moment two Meshes select them, and the elder
/// one has them, but at no moment none does.
pub(super) fn of_namespaces(meshes: &[Value], homes: &BTreeMap<String, String>, to: &str) -> Vec<Edit> {
    let mut known: BTreeMap<String, Value> = meshes.iter().map(|mesh| (name(mesh).to_owned(), mesh.clone())).collect();
    let (mut gain, mut lose) = (BTreeSet::new(), BTreeSet::new());
    for (namespace, home) in homes {
        let Some(source) = known.get(home).filter(|mesh| mesh["spec"]["backend"] != to).cloned() else { continue };
        let readmits =
            |mesh: &&Value| mesh["spec"]["backend"] == to && named_by(mesh, "NotIn").is_some_and(|all| all.contains(&json!(namespace)));
        let second = known.values().find(readmits).map_or_else(|| format!("{home}-{to}"), |mesh| name(mesh).to_owned());
        let destination = known.entry(second.clone()).or_insert_with(|| copy(&source, &second, to));
        include(destination, namespace);
        gain.insert(second);
        if let Some(source) = known.get_mut(home) {
            exclude(source, namespace);
        }
        lose.insert(home.clone());
    }
    let before = |name: &String| meshes.iter().find(|mesh| self::name(mesh) == name);
    let edit = |name: &String| {
        let after = known[name].clone();
        match before(name) {
            None => Edit::Create(after),
            Some(before) if named_by(&after, "In").is_some_and(Vec::is_empty) => Edit::Delete(before.clone()),
            Some(before) => Edit::Change { before: before.clone(), after },
        }
    };
    gain.iter().chain(lose.difference(&gain)).map(edit).collect()
}

/// A Mesh with the same settings and no namespace yet.
fn copy(source: &Value, name: &str, to: &str) -> Value {
    let mut spec = source["spec"].clone();
    spec["backend"] = json!(to);
    spec["namespaceSelector"] = json!({"matchExpressions": [{"key": NAME, "operator": "In", "values": []}]});
    json!({"apiVersion": source["apiVersion"], "kind": "Mesh", "metadata": {"name": name}, "spec": spec})
}

/// The namespaces that an expression of this operator names.
fn named_by<'m>(mesh: &'m Value, operator: &str) -> Option<&'m Vec<Value>> {
    let all = mesh["spec"]["namespaceSelector"]["matchExpressions"].as_array()?;
    all.iter().find(|one| one["key"] == NAME && one["operator"] == operator)?["values"].as_array()
}

fn values<'m>(mesh: &'m mut Value, operator: &str) -> Option<&'m mut Vec<Value>> {
    expressions(mesh)?.iter_mut().find(|one| one["key"] == NAME && one["operator"] == operator)?["values"].as_array_mut()
}

/// Not by an index, which would make what is not there.
fn expressions(mesh: &mut Value) -> Option<&mut Vec<Value>> {
    mesh.pointer_mut("/spec/namespaceSelector/matchExpressions")?.as_array_mut()
}

fn include(mesh: &mut Value, namespace: &str) {
    if let Some(all) = values(mesh, "NotIn") {
        all.retain(|one| one != namespace);
    }
    if let Some(all) = values(mesh, "In")
        && !all.contains(&json!(namespace))
    {
        all.push(json!(namespace));
    }
    let is_empty = named_by(mesh, "NotIn").is_some_and(Vec::is_empty);
    if is_empty && let Some(all) = expressions(mesh) {
        all.retain(|one| !(one["key"] == NAME && one["operator"] == "NotIn"));
    }
}

fn exclude(mesh: &mut Value, namespace: &str) {
    if let Some(all) = values(mesh, "In") {
        return all.retain(|one| one != namespace);
    }
    if let Some(all) = values(mesh, "NotIn") {
        return all.push(json!(namespace));
    }
    let own = mesh["spec"]["systemNamespace"].as_str().unwrap_or("meshglot").to_owned();
    // A selector that is there replaces what is left out where there is none.
    let is_first = mesh["spec"]["namespaceSelector"].is_null();
    let usual = SYSTEM.map(str::to_owned).into_iter().chain([own]).filter(|_| is_first);
    let values: Vec<String> = usual.chain([namespace.to_owned()]).collect();
    let expression = json!({"key": NAME, "operator": "NotIn", "values": values});
    match expressions(mesh) {
        Some(all) => all.push(expression),
        None => mesh["spec"]["namespaceSelector"]["matchExpressions"] = json!([expression]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mesh(name: &str, backend: &str, selector: Value) -> Value {
        let mut mesh =
            json!({"apiVersion": "meshglot.dev/v1alpha1", "kind": "Mesh", "metadata": {"name": name}, "spec": {"backend": backend}});
        if !selector.is_null() {
            mesh["spec"]["namespaceSelector"] = selector;
        }
        mesh
    }

    fn homes(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        all.iter().map(|(namespace, mesh)| ((*namespace).to_owned(), (*mesh).to_owned())).collect()
    }

    #[test]
    fn all_of_a_mesh_is_one_field() {
        let meshes = [mesh("a", "istio", json!({})), mesh("b", "linkerd", Value::Null)];
        let edits = of_meshes(&meshes, "linkerd", None).expect("edits");
        assert_eq!(edits, [Edit::Change { before: meshes[0].clone(), after: mesh("a", "linkerd", json!({})) }]);
        assert_eq!(edits[0].words("->"), "Mesh/a backend istio -> linkerd");
        assert_eq!(of_meshes(&meshes, "linkerd", Some("b")).expect("none"), []);
        assert!(of_meshes(&meshes, "linkerd", Some("c")).is_err());
    }

    #[test]
    fn a_namespace_goes_and_comes_back() {
        let main = mesh("main", "istio", Value::Null);
        let there = of_namespaces(std::slice::from_ref(&main), &homes(&[("shop", "main")]), "linkerd");
        let [Edit::Create(second), Edit::Change { after: narrowed, .. }] = &there[..] else { panic!("{there:#?}") };
        assert_eq!(name(second), "main-linkerd");
        assert_eq!(named_by(second, "In"), Some(&vec![json!("shop")]));
        let left_out = ["kube-system", "kube-public", "kube-node-lease", "meshglot", "shop"].map(|name| json!(name));
        assert_eq!(named_by(narrowed, "NotIn"), Some(&left_out.to_vec()));

        let both = [narrowed.clone(), second.clone()];
        let one_more = of_namespaces(&both, &homes(&[("bank", "main")]), "linkerd");
        let [Edit::Change { after: second, .. }, Edit::Change { after: narrowed, .. }] = &one_more[..] else { panic!("{one_more:#?}") };
        assert_eq!(named_by(second, "In"), Some(&vec![json!("shop"), json!("bank")]));
        assert!(named_by(narrowed, "NotIn").is_some_and(|all| all.contains(&json!("bank"))));

        let both = [narrowed.clone(), second.clone()];
        let back = of_namespaces(&both, &homes(&[("bank", "main-linkerd"), ("shop", "main-linkerd")]), "istio");
        let [Edit::Change { after: widened, .. }, Edit::Delete(gone)] = &back[..] else { panic!("{back:#?}") };
        assert_eq!((named_by(widened, "NotIn"), name(gone)), (Some(&left_out[..4].to_vec()), "main-linkerd"));
        assert_eq!(of_namespaces(&both, &homes(&[("shop", "main-linkerd")]), "linkerd"), []);
    }

    #[test]
    fn a_selector_keeps_what_it_says() {
        let main = mesh("main", "istio", json!({"matchLabels": {"mesh": "main"}}));
        let edits = of_namespaces(&[main], &homes(&[("shop", "main")]), "consul");
        let selector = &edits[1].mesh()["spec"]["namespaceSelector"];
        assert_eq!(selector["matchLabels"], json!({"mesh": "main"}));
        assert_eq!(selector["matchExpressions"][0]["values"], json!(["shop"]));
    }
}
