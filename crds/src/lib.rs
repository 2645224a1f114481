//! Wire types of the neutral policy API: what users write, and the CRDs that say it to a cluster.
//!
//! The types are serde structures without logic. Their doc comments and schemars attributes are the single
//! source of the CRDs ([`Kind::crd`]), of offline validation ([`Kind::schema`]) and of
//! `meshglot explain KIND.field` ([`lookup`]).
//!
//! # A new kind in three steps
//! 1. A file with its types. Name every field as users write it (camelCase), give each a doc comment of one to
//!    three sentences with a sentence `Absent: ...` for what nothing written means, and put ranges, list types
//!    and CEL rules in `#[schemars(...)]`. Lists and strings get the limits of `Body` by themselves.
//! 2. A `pub(crate) const fn kind() -> Kind` in that file: group, versions, names, columns.
//! 3. Its line in `kinds.rs`. CRDs, validation, `explain` and the tests read that list.

mod codes;
mod field;
mod kind;
mod kinds;
mod metadata;
mod rules;
mod structural;

pub mod access;
pub mod mesh;
pub mod shared;
pub mod specs;
pub mod split;
pub mod status;
pub mod workload;

pub use access::{IdentityBinding, TrafficTarget};
pub use codes::code;
pub use field::{Child, Field, LookupError, Word, lookup};
pub use kind::{Column, Kind, Scope};
pub use kinds::{all, find, find_api};
pub use mesh::Mesh;
pub use metadata::Metadata;
pub use specs::{HttpRouteGroup, TcpRoute, UdpRoute};
pub use split::TrafficSplit;
pub use status::Status;
pub use workload::Workload;

/// The project's own API group.
pub const GROUP: &str = "meshglot.dev";
