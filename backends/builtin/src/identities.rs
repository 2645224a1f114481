//! Who each workload is: what its proxy has to prove before it may read what the workload reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::render::Target;
use meshglot_translator::resolve::{Model, View};

use crate::endpoint::has_proxy;
use crate::{NAME, trust_domain, workload};

/// The SPIFFE ID of every workload that has a proxy, by its name in rendered resources (`NAMESPACE/NAME`).
pub fn identities(model: &Model, target: &Target) -> BTreeMap<Arc<str>, String> {
    let view = View::for_target(model, NAME, target);
    let identity = |key: &ObjectKey| {
        let mesh = view.target_mesh(&key.namespace)?;
        let pods = view.pods(key).filter(|pods| has_proxy(pods, &view.namespace(&key.namespace)))?;
        let id = format!("spiffe://{}/ns/{}/sa/{}", trust_domain::signed(&mesh, &view), key.namespace, pods.service_account);
        Some((workload::name(key, &view).into(), id))
    };
    model.keys().filter(|key| key.kind.runs_pods()).filter_map(identity).collect()
}
