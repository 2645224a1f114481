//! The definitions of policy and of the mesh: whether they are served in a version that is known.

use meshglot_translator::ir::Kind;
use meshglot_translator::render::Backend;

use super::Check;
use crate::cluster::Cluster;
use crate::render::count;

const CATEGORY: &str = "definitions";

/// How to install ours.
const INSTALL: &str = "meshglot crds | kubectl apply --server-side -f -";

pub(super) fn look(cluster: &Cluster, pre: bool, backends: &[&'static dyn Backend]) -> Vec<Check> {
    let mut checks = ours(cluster, pre);
    checks.extend(backends.iter().filter(|backend| !backend.kinds().is_empty()).map(|backend| of(cluster, *backend)));
    checks
}

fn ours(cluster: &Cluster, pre: bool) -> Vec<Check> {
    let (mut served, mut checks) = (Vec::new(), Vec::new());
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_ours()) {
        let name = format!("{} ({})", kind.name(), kind.group());
        match cluster.read(cluster.reader.kind(kind)) {
            Ok(Some(resource)) => {
                if kind.is_neutral() && !resource.has_status {
                    let what =
                        format!("{name} is served in {} and has no status: nobody can tell how its objects stand", resource.api.version);
                    checks.push(Check::warning(CATEGORY, what).hint(format!("it is somebody else's definition; ours has one: {INSTALL}")));
                }
                served.push(format!("{} {}", kind.name(), resource.api.version));
            }
            // Before an installation there is none.
            Ok(None) if pre => {}
            Ok(None) => checks.push(Check::error(CATEGORY, format!("{name} is not installed")).hint(INSTALL).waits()),
            Err(failure) => checks.push(Check::unknown(CATEGORY, &failure)),
        }
    }
    let first = match &served[..] {
        [] => Check::ok(CATEGORY, "policy is not installed yet").hint(INSTALL),
        all => Check::ok(CATEGORY, format!("policy is served: {}", all.join(", "))),
    };
    if pre || !served.is_empty() {
        checks.insert(0, first);
    }
    checks
}

pub(super) fn of(cluster: &Cluster, backend: &'static dyn Backend) -> Check {
    let name = backend.name();
    match cluster.read(cluster.reader.rendered(backend)) {
        Ok((found, absent)) if absent.is_empty() => Check::ok(CATEGORY, format!("{} of {name} are served", count(found.len(), "kind"))),
        Ok((_, absent)) => {
            let check = Check::error(CATEGORY, format!("{name}: not served: {}", absent.join(", ")));
            check.hint(format!("install {name}, or a version of it that serves these")).waits()
        }
        Err(failure) => Check::unknown(CATEGORY, &failure),
    }
}
