//! MG0017: an object is written in an older version of its kind.

use std::collections::BTreeMap;

use super::Linter;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::ObjectKey;

/// Tells each older version of a kind once, at its first object, however many there are.
pub(super) fn tell(linter: &mut Linter<'_>) {
    let mut older: BTreeMap<(ObjectKind, String, bool), Vec<&ObjectKey>> = BTreeMap::new();
    for key in linter.model.keys().filter(|key| key.kind.is_neutral()) {
        let version = linter.model.document(key).and_then(|document| document.root().get("apiVersion")?.text()).unwrap_or_default();
        let kind = meshglot_crds::find_api(version, key.kind.name());
        if let Some(newest) = kind.and_then(|kind| kind.versions.last()).filter(|newest| !version.ends_with(&format!("/{newest}"))) {
            let ignored = linter.ignores(Code::MG0017, key);
            older.entry(((key.kind.name(), newest), version.to_owned(), ignored)).or_default().push(key);
        }
    }
    for (((kind, newest), version, _), keys) in older {
        let Some(place) = keys.first().and_then(|key| linter.model.document(key)?.root().get("apiVersion")) else { continue };
        let message = match keys.len() {
            1 => format!("this {kind} is written in `{version}`, the newest version is `{newest}`"),
            many => format!("{many} {kind}s are written in `{version}`, the newest version is `{newest}`: this is the first"),
        };
        let diagnostic = Diagnostic::at(Code::MG0017, place, message);
        linter.say(keys[0], diagnostic.help("nothing has to change; `meshglot convert` rewrites files, and what they mean stays"));
    }
}

/// Name and newest version.
type ObjectKind = (&'static str, &'static str);
