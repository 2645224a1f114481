//! The only list of all backends: the command line, the web and the controller read it, nothing else names one.

use meshglot_translator::render::Backend;

/// Every backend, in the order in which they are shown.
pub fn all() -> [&'static dyn Backend; 4] {
    [&meshglot_istio::Istio, &meshglot_linkerd::Linkerd, &meshglot_consul::Consul, &meshglot_builtin::Builtin]
}

/// The backend of this name.
pub fn find(name: &str) -> Option<&'static dyn Backend> {
    all().into_iter().find(|backend| backend.name() == name)
}
