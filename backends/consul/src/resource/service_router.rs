//! `consul.hashicorp.com/v1alpha1` ServiceRouter.
//!
//! Source: <https://developer.hashicorp.com/consul/docs/reference/config-entry/service-router>

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct ServiceRouterSpec {
    pub(crate) routes: Vec<ServiceRoute>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ServiceRoute {
    #[serde(rename = "match")]
    pub(crate) matches: RouteMatch,
    pub(crate) destination: RouteDestination,
}

#[derive(Debug, Serialize)]
pub(crate) struct RouteMatch {
    pub(crate) http: HttpRouteMatch,
}

/// At most one of the paths.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpRouteMatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path_exact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path_prefix: Option<String>,
    /// RE2 over the whole path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path_regex: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) header: Vec<HeaderRouteMatch>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) methods: Vec<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct HeaderRouteMatch {
    pub(crate) name: String,
    /// RE2 over the whole value.
    pub(crate) regex: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct RouteDestination {
    pub(crate) service: String,
    /// Of Consul Enterprise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
}
