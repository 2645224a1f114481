//! What the proxies on the way were sent: the same on every data plane.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use libtest_mimic::Failed;
use meshglot_suite::{Mesh, SentResources};

use super::server::ON;

/// The proxies on the way.
const WAY: [&str; 2] = ["web", ON];

/// Of each name: the data plane that played it first, and what its proxies were sent.
static FIRST: Mutex<BTreeMap<&str, (&str, [SentResources; 2])>> = Mutex::new(BTreeMap::new());

/// Data planes whose proxies have started with nothing.
static ANEW: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());

/// They start with nothing, so that they are sent everything; once is enough.
pub(super) fn start_anew(mesh: &mut Mesh) -> Result<(), Failed> {
    if !ANEW.lock().unwrap_or_else(PoisonError::into_inner).insert(mesh.data_plane().name()) {
        return Ok(());
    }
    for name in WAY {
        mesh.stop_proxy(name);
        mesh.forget(name)?;
        mesh.start_proxy(name)?;
    }
    Ok(mesh.settle()?)
}

/// How it differs from what others were sent who played this; nothing where nobody did.
pub(super) fn compare(mesh: &Mesh, name: &'static str) -> Vec<String> {
    let own = WAY.map(|proxy| mesh.sent(proxy));
    let data_plane = mesh.data_plane().name();
    let mut all = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    let (other, others) = all.entry(name).or_insert_with(|| (data_plane, own.clone()));
    let mut wrong = Vec::new();
    for (at, proxy) in WAY.iter().enumerate() {
        let what = differing(&own[at], &others[at]);
        wrong.extend(what.map(|what| format!("{name}: {proxy}: {data_plane} is sent {what} otherwise than {other}")));
    }
    wrong
}

fn differing<'s>(own: &'s SentResources, others: &'s SentResources) -> impl Iterator<Item = String> + use<'s> {
    let keys = own.keys().chain(others.keys().filter(|key| !own.contains_key(*key)));
    let nothing = own.is_empty().then(|| "nothing, or".to_owned());
    keys.filter(|key| own.get(*key) != others.get(*key)).map(|(kind, name)| format!("{kind} {name}")).chain(nothing)
}
