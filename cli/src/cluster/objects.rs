//! Objects of a cluster, in the version that it serves, as a standalone mesh would tell them.

use std::collections::BTreeSet;

use meshglot_translator::ir::Kind;

use super::Cluster;
use crate::age::now;
use crate::exit::{Exit, Failure};
use crate::objects::Objects;

impl Cluster {
    /// All objects of these kinds, each in one namespace or in all. `is_category`: a kind that is not installed has none.
    pub(crate) fn objects(&self, wanted: &BTreeSet<(Kind, Option<String>)>, is_category: bool) -> Result<Objects, Failure> {
        let mut objects = Objects { at: now(), ..Objects::default() };
        let mut absent = BTreeSet::new();
        for (kind, namespace) in wanted {
            let everywhere = kind.is_cluster_scoped() || namespace.is_none();
            // What is asked for everywhere is not asked for again.
            if !everywhere && wanted.contains(&(*kind, None)) {
                continue;
            }
            let Some(resource) = self.read(self.reader.kind(*kind))? else {
                absent.insert(*kind);
                continue;
            };
            if !resource.has_status {
                objects.silent.push(kind.name().to_owned());
            }
            let namespace = if everywhere { None } else { namespace.as_deref() };
            let mut found = self.read(self.reader.list(&resource.api, namespace, ""))?;
            for object in &mut found {
                if let Some(metadata) = object["metadata"].as_object_mut() {
                    metadata.remove("managedFields");
                }
            }
            objects.items.extend(found);
        }
        if !absent.is_empty() && (!is_category || wanted.iter().all(|(kind, _)| absent.contains(kind))) {
            return Err(not_installed(&absent, &self.address));
        }
        Ok(objects)
    }
}

/// Nothing of a kind can be asked for.
fn not_installed(absent: &BTreeSet<Kind>, address: &str) -> Failure {
    let names: Vec<String> = absent.iter().map(|kind| format!("{} ({})", kind.name(), kind.group())).collect();
    let failure = Failure::new(Exit::Unreachable, format!("the cluster at {address} does not have {}", names.join(", ")));
    failure.help("`meshglot crds | kubectl apply --server-side -f -` installs what is ours")
}
