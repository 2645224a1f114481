//! Who may read what: by the SPIFFE ID of the connection, never by what a proxy calls itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::discovery::{Admission, Refusal};
use crate::node::Node;
use crate::secure::spiffe_id;

/// The SPIFFE ID that the pods of each workload run as, by `NAMESPACE/NAME`.
pub type Identities = BTreeMap<Arc<str>, String>;

/// Lets a proxy read the workload that it names, if that runs as who the proxy has proven to be.
#[derive(Debug)]
pub struct ByIdentity {
    identities: watch::Receiver<Arc<Identities>>,
}

impl ByIdentity {
    /// By what `identities` holds last.
    pub fn new(identities: watch::Receiver<Arc<Identities>>) -> Self {
        Self { identities }
    }

    fn decide(&self, id: Option<String>, node: &Node) -> Result<String, Refusal> {
        let refuse = |why: String| Err(Refusal(why));
        let Some(id) = id else {
            return refuse("a proxy shows a certificate of the mesh; this connection has none".to_owned());
        };
        let identities = self.identities.borrow();
        match identities.get(node.workload.as_str()) {
            Some(known) if *known == id => Ok(id),
            // Who asks learns nothing about workloads that it is none of.
            _ => refuse(format!("{id} runs no workload `{}` here: nothing is read by that name", node.workload)),
        }
    }
}

impl Admission for ByIdentity {
    fn admit(&self, peer: &tonic::Extensions, node: &Node) -> Result<Option<String>, Refusal> {
        self.decide(spiffe_id(peer), node).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_opens_nothing_without_its_identity() {
        let web = "spiffe://cluster.local/ns/shop/sa/web";
        let identities: Identities = [("shop/web".into(), web.to_owned())].into();
        let (_keep, receiver) = watch::channel(Arc::new(identities));
        let admission = ByIdentity::new(receiver);
        let decide = |id: Option<&str>, workload: &str| {
            admission.decide(id.map(str::to_owned), &Node { workload: workload.to_owned(), instance: "1".to_owned() })
        };
        assert_eq!(decide(Some(web), "shop/web"), Ok(web.to_owned()));
        let other = "spiffe://cluster.local/ns/shop/sa/other";
        for (id, workload) in [(None, "shop/web"), (Some(other), "shop/web"), (Some(web), "shop/nobody")] {
            assert!(decide(id, workload).is_err(), "{id:?} {workload}");
        }
        let told = |workload| decide(Some(other), workload).expect_err("a refusal").0.replace(workload, "W");
        assert_eq!(told("shop/web"), told("shop/nobody"), "who is there is not told");
    }
}
