//! The sidecars, by their control plane: who is connected, and has what policy renders to now.

use std::sync::Arc;

use meshglot_observed::{Proxies, ProxyAnswer, Sync};

use super::{Check, first};
use crate::cluster::Cluster;
use crate::proxy::Admin;

const CATEGORY: &str = "sidecars";

/// `None`: no control plane is seen, it has no sidecars, or whoever asks may not forward a port to it.
pub(super) fn look(cluster: &Arc<Cluster>, namespace: &str) -> Option<Check> {
    let admin = Admin::of_cluster(cluster.clone(), namespace).ok()?;
    of(&admin.get::<Proxies>("/proxies").ok()?.proxies)
}

fn of(proxies: &[ProxyAnswer]) -> Option<Check> {
    // Workloads without one are told by the webhook's side, where they are to have one.
    let there: Vec<&ProxyAnswer> = proxies.iter().filter(|one| one.sync != Sync::Absent).collect();
    let named = |sync: Sync| {
        let all: Vec<&str> =
            there.iter().filter(|one| one.sync == sync).map(|one| one.instance.as_deref().unwrap_or(&one.workload)).collect();
        (all.len(), first(&all))
    };
    let hint = "meshglot proxy status says of each what it has";
    let ((refusing, refused), (behind, stale)) = (named(Sync::Refused), named(Sync::Stale));
    Some(match there.len() {
        0 => return None,
        all if refusing > 0 => Check::error(CATEGORY, format!("{refusing} of {all} refuse what they get: {refused}")).hint(hint),
        all if behind > 0 => Check::warning(CATEGORY, format!("{behind} of {all} have not yet what policy renders to: {stale}")).hint(hint),
        1 => Check::ok(CATEGORY, "the only one is connected, and has what policy renders to"),
        all => Check::ok(CATEGORY, format!("all {all} are connected, and have what policy renders to")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::super::Level;
    use super::*;

    #[test_case(&["ABSENT"], None ; "nobody has one")]
    #[test_case(&["SYNCED", "ABSENT"], Some((Level::Ok, "the only one is connected, and has what policy renders to")))]
    #[test_case(&["SYNCED", "SYNCED"], Some((Level::Ok, "all 2 are connected, and have what policy renders to")))]
    #[test_case(&["SYNCED", "STALE"], Some((Level::Warning, "1 of 2 have not yet what policy renders to: l-1")))]
    #[test_case(&["STALE", "STALE", "STALE", "STALE"], Some((Level::Warning, "4 of 4 have not yet what policy renders to: l-0, l-1, l-2 and 1 more")))]
    #[test_case(&["REFUSED", "STALE", "SYNCED"], Some((Level::Error, "1 of 3 refuse what they get: l-0")))]
    fn sidecars(each: &[&str], want: Option<(Level, &str)>) {
        let one = |(number, sync): (usize, &&str)| {
            let answer =
                json!({"workload": "bank/ledger", "instance": format!("l-{number}"), "sync": sync, "resources": {}, "refused": []});
            serde_json::from_value::<ProxyAnswer>(answer).expect("a proxy")
        };
        let proxies: Vec<ProxyAnswer> = each.iter().enumerate().map(one).collect();
        let said = of(&proxies);
        assert_eq!(said.as_ref().map(|check| (check.level, &*check.message)), want);
    }
}
