//! Who a proxy says it is.

use envoy_types::pb::envoy::config::core::v3 as core;

/// `NAMESPACE/WORKLOAD/INSTANCE`: what a proxy calls itself. It proves nothing; it tells which of the workloads of its
/// identity it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// `NAMESPACE/NAME` of the workload.
    pub workload: String,
    /// The one of its instances.
    pub instance: String,
}

impl Node {
    /// `None`: it has not three parts, or is longer than names are.
    pub fn parse(id: &str) -> Option<Self> {
        let (workload, instance) = id.rsplit_once('/')?;
        let (namespace, name) = workload.split_once('/')?;
        let parts = [namespace, name, instance];
        let is_good = id.len() <= 1024 && parts.iter().all(|part| !part.is_empty() && !part.contains('/'));
        is_good.then(|| Self { workload: workload.to_owned(), instance: instance.to_owned() })
    }

    pub(crate) fn of(node: Option<&core::Node>) -> Option<Self> {
        Self::parse(&node?.id)
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("shop/web/web-1", Some(("shop/web", "web-1")))]
    #[test_case("shop/web~Job/a", Some(("shop/web~Job", "a")) ; "a second kind of the name")]
    #[test_case("shop/web", None ; "two parts")]
    #[test_case("a/b/c/d", None ; "four parts")]
    #[test_case("//x", None ; "empty parts")]
    fn ids(id: &str, expected: Option<(&str, &str)>) {
        let node = Node::parse(id);
        assert_eq!(node.as_ref().map(|node| (node.workload.as_str(), node.instance.as_str())), expected);
    }
}
