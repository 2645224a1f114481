//! What the cluster and the parser need to know of one neutral kind: names, versions, columns, schema, CRD.

use std::sync::LazyLock;

use serde_json::{Value, json};

/// One neutral kind.
#[derive(Debug)]
pub struct Kind {
    /// API group: `split.smi-spec.io`.
    pub group: &'static str,
    /// All served versions, oldest first; the last one is stored. All have the same schema.
    pub versions: &'static [&'static str],
    /// Kind as written in documents: `HTTPRouteGroup`.
    pub kind: &'static str,
    /// Plural name in lower case: `httproutegroups`.
    pub plural: &'static str,
    /// Singular name in lower case: `httproutegroup`.
    pub singular: &'static str,
    /// Short names for kubectl: `htr`, `hrg`.
    pub short_names: &'static [&'static str],
    /// Whether objects live in a namespace.
    pub scope: Scope,
    /// The columns of this kind alone; [`Kind::columns`] has all of them.
    pub own_columns: &'static [Column],
    pub(crate) schema: LazyLock<Value>,
}

/// Whether objects of a kind live in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One object of a name in the whole cluster.
    Cluster,
    /// One object of a name per namespace.
    Namespaced,
}

impl Scope {
    /// The word of the CRD's `spec.scope`.
    pub const fn word(self) -> &'static str {
        match self {
            Scope::Cluster => "Cluster",
            Scope::Namespaced => "Namespaced",
        }
    }
}

/// A printer column of `kubectl get`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Heading: `READY`.
    pub name: &'static str,
    /// OpenAPI type: `string`, `integer`, `boolean` or `date`.
    pub type_: &'static str,
    /// JSONPath below the object: `.status.summary.ready`.
    pub path: &'static str,
    /// Shown with `-o wide` only.
    pub wide: bool,
}

impl Column {
    const fn narrow(name: &'static str, path: &'static str) -> Column {
        Column { name, type_: "string", path, wide: false }
    }

    const fn wide(name: &'static str, path: &'static str) -> Column {
        Column { wide: true, ..Column::narrow(name, path) }
    }
}

/// Categories of all kinds; never `all`, which deletes too much.
const CATEGORIES: [&str; 2] = ["meshglot", "mesh"];

const COMMON_COLUMNS: [Column; 8] = [
    Column::narrow("READY", ".status.summary.ready"),
    Column::narrow("BACKEND", ".status.summary.backend"),
    Column::narrow("LOSS", ".status.summary.loss"),
    Column::narrow("OBJECTS", ".status.summary.objects"),
    Column { name: "AGE", type_: "date", path: ".metadata.creationTimestamp", wide: false },
    Column::wide("SYNCED", ".status.summary.synced"),
    Column::wide("MESSAGE", r#".status.conditions[?(@.type=="Ready")].message"#),
    Column::wide("SOURCE", r".metadata.annotations.meshglot\.dev/source"),
];

impl Kind {
    /// The version that the API server stores, and that we write: the newest.
    pub fn storage_version(&self) -> &'static str {
        self.versions.last().copied().unwrap_or_default()
    }

    /// `group/version` of the stored version.
    pub fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.storage_version())
    }

    /// Name of the CRD object: `trafficsplits.split.smi-spec.io`.
    pub fn crd_name(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }

    /// Whether `name` is the kind, plural, singular or a short name, in any case.
    pub fn is_called(&self, name: &str) -> bool {
        [self.kind, self.plural, self.singular].iter().chain(self.short_names).any(|own| own.eq_ignore_ascii_case(name))
    }

    /// The columns of `kubectl get`: the kind's own, then those of all kinds that it does not show already.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        let shown = |column: &&Column| self.own_columns.iter().all(|own| own.name != column.name);
        self.own_columns.iter().chain(COMMON_COLUMNS.iter().filter(shown))
    }

    /// The `openAPIV3Schema` of every version: structural, without `$ref`, complete with formats, limits, list
    /// types and CEL rules. What the API server checks, offline checks read from here too.
    pub fn schema(&'static self) -> &'static Value {
        &self.schema
    }

    /// The complete `apiextensions.k8s.io/v1` CustomResourceDefinition.
    pub fn crd(&self) -> Value {
        let columns: Vec<Value> = self.columns().map(column).collect();
        let versions: Vec<Value> = self
            .versions
            .iter()
            .map(|version| {
                json!({
                    "name": version,
                    "served": true,
                    "storage": *version == self.storage_version(),
                    "schema": { "openAPIV3Schema": &*self.schema },
                    "subresources": { "status": {} },
                    "additionalPrinterColumns": columns,
                })
            })
            .collect();
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": { "name": self.crd_name() },
            "spec": {
                "group": self.group,
                "scope": self.scope.word(),
                "names": {
                    "kind": self.kind,
                    "listKind": format!("{}List", self.kind),
                    "plural": self.plural,
                    "singular": self.singular,
                    "shortNames": self.short_names,
                    "categories": CATEGORIES,
                },
                "conversion": { "strategy": "None" },
                "versions": versions,
            },
        })
    }
}

fn column(column: &Column) -> Value {
    json!({
        "name": column.name,
        "type": column.type_,
        "jsonPath": column.path,
        "priority": i32::from(column.wide),
    })
}
