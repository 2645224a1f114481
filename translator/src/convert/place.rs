//! The body of an object, which old versions write at the top and newer ones below `spec`.

use serde_json::{Map, Value};

use crate::parse::NodeRef;

/// The fields of an object, wherever they stand.
pub(super) struct Body<'n> {
    root: NodeRef<'n>,
    /// Name at the top and below `spec`.
    names: &'static [(&'static str, &'static str)],
    /// By the name below `spec`.
    fields: Map<String, Value>,
}

impl<'n> Body<'n> {
    /// Reads the fields of a valid object: what stands in both places is equal.
    pub(super) fn read(root: NodeRef<'n>, names: &'static [(&'static str, &'static str)]) -> Self {
        let mut fields: Map<String, Value> = match root.get("spec").map(NodeRef::to_json) {
            Some(Value::Object(spec)) => spec,
            _ => Map::new(),
        };
        for (top, below) in names {
            if let Some(node) = root.get(top).filter(|_| !fields.contains_key(*below)) {
                fields.insert((*below).to_owned(), node.to_json());
            }
        }
        Self { root, names, fields }
    }

    /// A field as it is written.
    pub(super) fn node(&self, below: &str) -> Option<NodeRef<'n>> {
        let top = self.names.iter().find(|(_, name)| *name == below).map(|(top, _)| *top);
        self.root.find(["spec", below]).or_else(|| self.root.get(top?))
    }

    /// Takes a field out.
    pub(super) fn take(&mut self, below: &str) -> Value {
        self.fields.remove(below).unwrap_or_default()
    }

    /// Puts a field in; `null` is no field.
    pub(super) fn put(&mut self, below: &str, value: Value) {
        if !value.is_null() {
            self.fields.insert(below.to_owned(), value);
        }
    }

    /// The whole object, its body at the top or below `spec`; everything else as it is.
    pub(super) fn written(self, api_version: &str, at_top: bool) -> Value {
        let Self { root, names, mut fields } = self;
        let mut value = root.to_json();
        let Some(object) = value.as_object_mut() else { return value };
        object.insert("apiVersion".to_owned(), api_version.into());
        object.remove("spec");
        for (top, below) in names {
            object.remove(*top);
            if at_top && let Some(field) = fields.remove(*below) {
                object.insert((*top).to_owned(), field);
            }
        }
        // At the top, what is left are fields that nobody knows, read leniently: they stay where they were.
        if !(at_top && fields.is_empty()) {
            object.insert("spec".to_owned(), fields.into());
        }
        value
    }
}
