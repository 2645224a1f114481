//! Whether the API server has a kind, and in which version.

use kube::Client;
use kube::core::ApiResource;
use meshglot_translator::status::Applied;
use serde_json::Value;

use crate::kinds::Watched;

/// What is known of a kind.
#[derive(Clone, Debug)]
pub(crate) enum Served {
    /// It is there.
    Yes {
        resource: ApiResource,
        /// Whether it has the subresource `status`.
        has_status: bool,
    },
    /// It is installed, and will be served soon.
    Soon,
    /// It is not installed.
    No,
    /// Nobody answers about it, or not as it should, for a while already.
    Away(Applied),
}

/// Asks the API server. Only what its store says is an absence: a server that has just begun may not serve yet what it has.
///
/// # Errors
/// It does not answer, or may not tell.
pub(crate) async fn served(client: &Client, kind: &Watched) -> Result<Served, kube::Error> {
    for version in &kind.versions {
        let api_version = kind.api_version(version);
        let listed = if kind.group.is_empty() {
            client.list_core_api_resources(version).await
        } else {
            client.list_api_group_resources(&api_version).await
        };
        let resources = match listed {
            Ok(list) => list.resources,
            Err(kube::Error::Api(status)) if status.code == 404 => continue,
            Err(error) => return Err(error),
        };
        if resources.iter().any(|one| one.name == kind.plural) {
            let has_status = resources.iter().any(|one| one.name == format!("{}/status", kind.plural));
            let (group, version) = (kind.group.to_owned(), (*version).to_owned());
            let resource = ApiResource { group, version, api_version, kind: kind.kind.to_owned(), plural: kind.plural.clone() };
            return Ok(Served::Yes { resource, has_status });
        }
    }
    if kind.is_built_in { Ok(Served::Soon) } else { defined(client, kind).await }
}

async fn defined(client: &Client, kind: &Watched) -> Result<Served, kube::Error> {
    let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}.{}", kind.plural, kind.group);
    let request = http::Request::get(path).body(Vec::new()).map_err(kube::Error::HttpError)?;
    match client.request::<Value>(request).await {
        Ok(definition) => {
            let versions = definition["spec"]["versions"].as_array().into_iter().flatten();
            let is_ours = |one: &Value| one["served"] == true && kind.versions.iter().any(|version| one["name"] == **version);
            Ok(if versions.filter(|one| is_ours(one)).count() > 0 { Served::Soon } else { Served::No })
        }
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(Served::No),
        Err(error) => Err(error),
    }
}
