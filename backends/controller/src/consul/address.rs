//! Which Consul server the Meshes of a cluster name.

use kube::api::{DynamicObject, ListParams};
use kube::{Api, Client};
use meshglot_translator::ir::Kind;
use serde_json::Value;

use crate::kinds::read;
use crate::served::{Served, served};

/// A Consul server as a Mesh names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// `http` or `https`.
    pub(crate) url: String,
    /// `None`: the server's own.
    pub(crate) datacenter: Option<String>,
}

impl Address {
    /// That of all Meshes, on whichever backend they are now: one on its way from Consul still has entries there. `None`: they name none.
    ///
    /// # Errors
    /// In words: they name several.
    pub(crate) fn of<'m>(meshes: impl Iterator<Item = &'m Value>) -> Result<Option<Self>, String> {
        let mut found: Option<(&str, Self)> = None;
        for mesh in meshes {
            let options = &mesh["spec"]["consul"];
            let Some(url) = options["address"].as_str() else { continue };
            let one = Self { url: url.to_owned(), datacenter: options["datacenter"].as_str().map(str::to_owned) };
            let name = mesh["metadata"]["name"].as_str().unwrap_or_default();
            match &found {
                Some((other, known)) if *known != one => {
                    return Err(format!("the Meshes {other} and {name} name two Consul servers, and a controller writes to one"));
                }
                _ => found = Some((name, one)),
            }
        }
        Ok(found.map(|(_, address)| address))
    }
}

/// The Meshes of the cluster.
///
/// # Errors
/// In words: the API server does not tell.
pub(crate) async fn meshes(client: &Client) -> Result<Vec<Value>, String> {
    let wrong = |error: kube::Error| format!("cannot look for a Mesh: {error}");
    match served(client, &read(Kind::Mesh)).await.map_err(wrong)? {
        Served::Yes { resource, .. } => {
            let all: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
            let found = all.list(&ListParams::default()).await.map_err(wrong)?;
            // An object that came as JSON has such a form.
            Ok(found.items.iter().map(|mesh| serde_json::to_value(mesh).unwrap_or_default()).collect())
        }
        Served::No => Ok(Vec::new()),
        Served::Soon | Served::Away(_) => Err("the kind Mesh is not served yet".to_owned()),
    }
}

/// What tells this cluster from all others: several may write to one Consul server.
///
/// # Errors
/// In words: the API server does not tell.
pub(crate) async fn cluster(client: &Client) -> Result<String, String> {
    let request = http::Request::get("/api/v1/namespaces/kube-system").body(Vec::new()).map_err(|error| error.to_string())?;
    let namespace = client.request::<Value>(request).await.map_err(|error| format!("cannot read the namespace kube-system: {error}"))?;
    let uid = namespace["metadata"]["uid"].as_str().map(str::to_owned);
    uid.ok_or_else(|| "the namespace kube-system has no uid".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mesh(name: &str, backend: &str, consul: Value) -> Value {
        json!({"metadata": {"name": name}, "spec": {"backend": backend, "consul": consul}})
    }

    #[test]
    fn meshes_name_one_server_or_none() {
        let of = |meshes: &[Value]| Address::of(meshes.iter());
        let (url, datacenter) = ("http://10.0.0.1:8500".to_owned(), None);
        let one = || mesh("a", "consul", json!({"address": url}));
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[mesh("a", "consul", Value::Null)]), Ok(None));
        assert_eq!(of(&[mesh("a", "istio", json!({"address": url}))]), of(&[one()]));
        assert_eq!(of(&[one(), mesh("b", "consul", json!({"address": url}))]), Ok(Some(Address { url: url.clone(), datacenter })));
        let why = of(&[one(), mesh("b", "consul", json!({"address": url, "datacenter": "dc2"}))]).expect_err("two");
        assert!(why.contains("the Meshes a and b name two Consul servers"), "{why}");
    }
}
