//! The webhook, where there is one: whether the API server trusts what controllers serve.

use meshglot_controller::{CONFIGURATION, HOOK, webhook_stands};
use time::OffsetDateTime;

use super::Check;
use crate::cluster::{Cluster, resource};

const CATEGORY: &str = "webhook";

/// `None`: there is none, or whoever asks may not see it.
pub(super) fn look(cluster: &Cluster, namespace: &str) -> Option<Check> {
    let configurations = resource("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration");
    let found = cluster.read(cluster.reader.get(&configurations, "", CONFIGURATION)).ok()??;
    // Few people may read Secrets.
    let secret = cluster.read(cluster.reader.get(&resource("v1", "Secret"), namespace, HOOK)).ok().flatten();
    Some(match webhook_stands(&found, secret.as_ref(), namespace, OffsetDateTime::now_utc())? {
        Ok(what) => Check::ok(CATEGORY, what),
        // Without it policy is kept all the same, and its status says what is wrong.
        Err(why) => Check::warning(CATEGORY, why).hint("the log of the controller that leads says what is in its way").waits(),
    })
}
