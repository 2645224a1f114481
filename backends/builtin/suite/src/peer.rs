//! Where programs of other people are, that `hack/peers/install` has installed.

use std::path::PathBuf;

/// A peer of this name; `None`: it is not installed.
pub fn peer(name: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || {
        set("MESHGLOT_PEERS").or_else(|| Some(set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?.join("meshglot-peers")))
    };
    let program = set(&format!("MESHGLOT_{}", name.to_uppercase())).or_else(|| Some(cache()?.join("current").join(name)))?;
    program.is_file().then_some(program)
}
