//! The mesh's own reading of what it gets.

use serde_json::Value;

use crate::eval::{Evaluate, Inventory};
use crate::render::{Backend, Target};
use crate::resolve::{Model, View};

/// How a backend reads these objects on a mesh that is set up as the Mesh says.
pub fn reading(backend: &dyn Backend, model: &Model, target: &Target, objects: Vec<Value>) -> Box<dyn Evaluate> {
    let view = View::for_target(model, backend.name(), target);
    let ours = |name: Option<&str>| target.everything || name == Some(backend.name());
    // Of several Meshes on one backend all declare one installation; where none is left, one whose namespaces leave it does.
    let leaving = || target.leaving.get(backend.name())?.iter().find_map(|namespace| view.target_mesh(namespace));
    let mesh = model.meshes().into_iter().find(|mesh| ours(mesh.backend.as_deref())).or_else(leaving);
    let mesh = mesh.or_else(|| model.implied_mesh().cloned()).unwrap_or_default();
    let inventory = Inventory::of(model).within(|namespace| view.target_mesh(namespace).is_some());
    backend.reader(objects, inventory, &backend.installation(&mesh))
}
