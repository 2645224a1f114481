//! Consul's own objects, as far as they are written.

pub(crate) mod service_defaults;
pub(crate) mod service_intentions;
pub(crate) mod service_resolver;
pub(crate) mod service_router;
pub(crate) mod service_splitter;

/// Group and version of all of them.
pub(crate) const API_VERSION: &str = "consul.hashicorp.com/v1alpha1";
