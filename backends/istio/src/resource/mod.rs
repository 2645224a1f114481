//! Istio's own objects, as far as they are written.

pub(crate) mod authorization_policy;
pub(crate) mod virtual_service;
