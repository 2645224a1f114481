//! ServiceResolver: which instances a name stands for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::catalog::Instance;
use super::fields::{Fields, Read};

/// `ServiceResolver.spec`, as far as it decides anything.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    /// All traffic goes to another name.
    pub(super) redirect: Option<Rewrite>,
    /// Empty: none.
    pub(super) default_subset: String,
    pub(super) subsets: BTreeMap<String, Filter>,
    /// By subset, or `*`.
    failover: BTreeMap<String, Vec<Read<Rewrite>>>,
}

/// Another target: what is empty stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rewrite {
    pub(super) service: String,
    pub(super) subset: String,
}

/// Which instances belong to a subset.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    All,
    /// `Service.Meta.KEY == "VALUE"`.
    Meta(String, String),
}

impl Filter {
    pub(super) fn holds(&self, instance: &Instance) -> Read<bool> {
        match self {
            Self::All => Ok(true),
            Self::Meta(key, value) => Ok(instance.meta(key)? == value),
        }
    }

    fn read(text: &str) -> Read<Self> {
        // What consul-k8s writes itself: it is not in the annotations.
        const REGISTERED: [&str; 5] = ["k8s-service-name", "k8s-namespace", "pod-name", "pod-uid", "managed-by"];
        let unmodelled = || format!("the filter {text:?} is not modelled");
        if text.trim().is_empty() {
            return Ok(Self::All);
        }
        let (selector, value) = text.split_once("==").ok_or_else(unmodelled)?;
        let key = selector.trim().strip_prefix("Service.Meta.").ok_or_else(unmodelled)?;
        let value = value.trim();
        let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let value = quoted.filter(|inner| !inner.contains(['"', '\\'])).ok_or_else(unmodelled)?;
        let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if !plain || REGISTERED.contains(&key) {
            return Err(unmodelled());
        }
        Ok(Self::Meta(key.to_owned(), value.to_owned()))
    }
}

impl Resolver {
    pub(super) fn read(spec: &Value) -> Read<Self> {
        let mut fields = Fields::of(spec)?;
        let redirect = fields.take("redirect");
        let redirect = if redirect.is_null() { None } else { Some(rewrite(redirect)?) };
        let default_subset = fields.text("defaultSubset")?.to_owned();
        let mut subsets = BTreeMap::new();
        for (name, subset) in fields.map("subsets")? {
            let mut fields = Fields::of(subset)?;
            let filter = Filter::read(fields.text("filter")?)?;
            // Instances are taken to be healthy.
            fields.skip(&["onlyPassing"]);
            fields.done()?;
            subsets.insert(name.to_owned(), filter);
        }
        let mut failover = BTreeMap::new();
        for (subset, targets) in fields.map("failover")? {
            failover.insert(subset.to_owned(), failover_targets(targets)?);
        }
        if redirect.is_some() && !failover.is_empty() {
            return Err("the server refuses redirect beside failover".to_owned());
        }
        fields.skip(&["connectTimeout", "requestTimeout", "loadBalancer"]);
        fields.done()?;
        Ok(Self { redirect, default_subset, subsets, failover })
    }

    /// Where calls go while the subset has no instance, in order.
    pub(super) fn failover(&self, subset: &str) -> &[Read<Rewrite>] {
        self.failover.get(subset).or_else(|| self.failover.get("*")).map_or(&[], Vec::as_slice)
    }
}

/// A target in this datacenter; others are not modelled.
fn rewrite(value: &Value) -> Read<Rewrite> {
    rewrite_from(Fields::of(value)?)
}

fn rewrite_from(mut fields: Fields<'_>) -> Read<Rewrite> {
    let rewrite = Rewrite { service: fields.text("service")?.to_owned(), subset: fields.text("serviceSubset")?.to_owned() };
    fields.local()?;
    fields.done()?;
    Ok(rewrite)
}

fn failover_targets(value: &Value) -> Read<Vec<Read<Rewrite>>> {
    let mut fields = Fields::of(value)?;
    let targets = fields.list("targets")?;
    if !targets.is_empty() {
        fields.done()?;
        return targets.iter().map(|target| remote(Fields::of(target)?)).collect();
    }
    let datacenters = !fields.list("datacenters")?.is_empty();
    let here = rewrite_from(fields)?;
    Ok(vec![if datacenters { Err(ELSEWHERE.to_owned()) } else { Ok(here) }])
}

const ELSEWHERE: &str = "another datacenter or cluster is not modelled";

/// A target that may be elsewhere: that matters once the ones before it have no instance.
fn remote(mut fields: Fields<'_>) -> Read<Read<Rewrite>> {
    let elsewhere = !fields.text("datacenter")?.is_empty() || !fields.text("peer")?.is_empty();
    let here = rewrite_from(fields)?;
    Ok(if elsewhere { Err(ELSEWHERE.to_owned()) } else { Ok(here) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("Service.Meta.version == \"v2\"", true ; "equal")]
    #[test_case("", true ; "all")]
    #[test_case("Service.Meta.version != \"v2\"", false ; "unequal")]
    #[test_case("Service.Meta.a == \"1\" and Service.Meta.b == \"2\"", false ; "two")]
    #[test_case("\"v2\" in Service.Tags", false ; "tags")]
    #[test_case("Service.Meta.k8s-namespace == \"shop\"", false ; "written by consul-k8s")]
    fn filter_is_modelled(text: &str, want: bool) {
        assert_eq!(Filter::read(text).is_ok(), want);
    }
}
