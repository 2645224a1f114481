//! Neutral objects by the names that people write: `traffictargets/shop/web`, in any case, short or in the plural.

use thiserror::Error;

use super::Plan;
use crate::diagnostic::nearest;
use crate::ir::{Kind, ObjectKey};

/// A name of a neutral object, in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectName<'n> {
    /// As it is called in any of the ways that kubectl knows.
    pub kind: &'n str,
    /// Whatever it is for kinds of the cluster.
    pub namespace: &'n str,
    /// In its namespace.
    pub name: &'n str,
}

/// Nothing is called so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct UnknownObject {
    /// What is not there.
    pub message: String,
    /// What may have been meant: a kind, or an object of that kind.
    pub help: Option<String>,
}

impl<'n> ObjectName<'n> {
    /// `KIND/NAMESPACE/NAME`, or `KIND/NAME` of the cluster or of a namespace that is known otherwise.
    pub fn parse(text: &'n str, namespace: &'n str) -> Option<Self> {
        match text.split('/').collect::<Vec<_>>()[..] {
            [kind, name] => Some(Self { kind, namespace, name }),
            [kind, namespace, name] => Some(Self { kind, namespace, name }),
            _ => None,
        }
    }

    /// The neutral kind; `None`: there is none of that name.
    pub fn kind(&self) -> Option<Kind> {
        let known = meshglot_crds::find(self.kind)?;
        Kind::ALL.into_iter().find(|kind| kind.is_neutral() && kind.name() == known.kind)
    }
}

impl Plan {
    /// The neutral object of a name, valid or not.
    ///
    /// # Errors
    /// There is none; with what may have been meant.
    pub fn named(&self, wanted: ObjectName<'_>) -> Result<&ObjectKey, UnknownObject> {
        let Some(kind) = wanted.kind() else {
            let kinds: Vec<&str> = Kind::ALL.into_iter().filter(|kind| kind.is_neutral()).map(Kind::name).collect();
            let help = nearest(wanted.kind, kinds.iter().copied()).map(|kind| format!("did you mean {kind}?"));
            let help = help.or_else(|| Some(format!("policy is written as {}", kinds.join(", "))));
            return Err(UnknownObject { message: format!("there is no kind of policy `{}`", wanted.kind), help });
        };
        let namespace = if kind.is_cluster_scoped() { "" } else { wanted.namespace };
        let of_kind = || self.model.keys().filter(|key| key.kind == kind);
        if let Some(found) = of_kind().find(|key| *key.namespace == *namespace && *key.name == *wanted.name) {
            return Ok(found);
        }
        let here: Vec<&str> = of_kind().filter(|key| *key.namespace == *namespace).map(|key| &*key.name).collect();
        let near = nearest(wanted.name, here).and_then(|name| of_kind().find(|key| *key.namespace == *namespace && *key.name == *name));
        // The same name elsewhere is what is meant more often than a name that looks like it.
        let meant = of_kind().find(|key| *key.name == *wanted.name).or(near);
        let place = if namespace.is_empty() { String::new() } else { format!(" in namespace `{namespace}`") };
        let message = format!("there is no {} `{}`{place}", kind.name(), wanted.name);
        Err(UnknownObject { message, help: meant.map(|key| format!("did you mean {key}?")) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::Source;
    use crate::resolve::ReadOptions;
    use test_case::test_case;

    const POLICY: &str = "{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {name: main}, spec: {}}\n---\n\
        {apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: web, namespace: shop}, spec: {service: web, backends: \
        [{service: a, weight: 1}]}}\n";

    #[test_case("TrafficSplit/shop/web", Ok("TrafficSplit/shop/web") ; "as it calls itself")]
    #[test_case("trafficsplits/shop/web", Ok("TrafficSplit/shop/web") ; "plural")]
    #[test_case("ts/web", Ok("TrafficSplit/shop/web") ; "short, in the namespace at hand")]
    #[test_case("mesh/main", Ok("Mesh/main") ; "of the cluster")]
    #[test_case("mesh/-/main", Ok("Mesh/main") ; "of the cluster, with a namespace all the same")]
    #[test_case("ts/store/web", Err(Some("did you mean TrafficSplit/shop/web?")) ; "another namespace")]
    #[test_case("ts/shop/wbe", Err(Some("did you mean TrafficSplit/shop/web?")) ; "another spelling")]
    #[test_case("ts/shop/other", Err(None) ; "another name")]
    #[test_case("trafficsplt/shop/web", Err(Some("did you mean TrafficSplit?")) ; "another spelling of the kind")]
    #[test_case("Service/shop/web", Err(Some("policy is written as Mesh, TrafficSplit, HTTPRouteGroup, TCPRoute, UDPRoute, TrafficTarget, IdentityBinding")) ; "no policy")]
    fn named(text: &str, want: Result<&str, Option<&str>>) {
        let plan = Plan::policy(&[Source::new("p.yaml", POLICY)], Vec::new(), ReadOptions::default());
        let name = ObjectName::parse(text, "shop").expect("a name");
        let found = plan.named(name).map(ToString::to_string).map_err(|unknown| unknown.help);
        assert_eq!(found, want.map(str::to_owned).map_err(|help| help.map(str::to_owned)));
    }
}
