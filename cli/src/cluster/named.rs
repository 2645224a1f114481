//! Rendered objects by the words of a command line.

use meshglot_translator::diagnostic::nearest;
use meshglot_translator::render::{Backend, RenderedKind};

use crate::exit::{Exit, Failure};

/// `KIND/NAME`: the kinds of these backends that are called so, each once, and the name.
pub(crate) fn named(word: &str, backends: &[&'static dyn Backend]) -> Result<(Vec<RenderedKind>, String), Failure> {
    let wrong = || Failure::new(Exit::Usage, format!("`{word}` is no KIND/NAME")).help("such as virtualservice/meshglot-web");
    let (kind, name) = word.split_once('/').filter(|(_, name)| !name.is_empty() && !name.contains('/')).ok_or_else(wrong)?;
    let all: Vec<RenderedKind> = backends.iter().flat_map(|backend| backend.kinds()).copied().collect();
    let mut found: Vec<RenderedKind> = all.iter().filter(|one| is_called(one, kind)).copied().collect();
    found.dedup();
    if found.is_empty() {
        let names: Vec<String> = all.iter().map(|one| one.kind.to_lowercase()).collect();
        let failure = Failure::new(Exit::Usage, format!("no backend renders a kind `{kind}`"));
        return Err(match nearest(kind, names.iter().map(String::as_str)) {
            Some(near) => failure.help(format!("did you mean {near}?")),
            None => failure.help(format!("there are {}", names.join(", "))),
        });
    }
    Ok((found, name.to_owned()))
}

/// By kind or plural, in any case, with or without the group.
fn is_called(kind: &RenderedKind, word: &str) -> bool {
    let (name, group) = word.split_once('.').unwrap_or((word, ""));
    let is_name = name.eq_ignore_ascii_case(kind.kind) || name.eq_ignore_ascii_case(kind.plural);
    is_name && (group.is_empty() || group == kind.group)
}

/// Several objects have a name.
pub(crate) fn ambiguous<'a>(word: &str, found: impl IntoIterator<Item = &'a RenderedKind>) -> Failure {
    let names: Vec<String> = found.into_iter().map(|kind| format!("{}.{}", kind.kind.to_lowercase(), kind.group)).collect();
    Failure::new(Exit::Usage, format!("`{word}` is the name of several objects")).help(format!("say which: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("virtualservice/web", &["VirtualService.networking.istio.io"])]
    #[test_case("VirtualServices.networking.istio.io/web", &["VirtualService.networking.istio.io"])]
    #[test_case("authorizationpolicy/web", &["AuthorizationPolicy.security.istio.io", "AuthorizationPolicy.policy.linkerd.io"])]
    #[test_case("authorizationpolicies.policy.linkerd.io/web", &["AuthorizationPolicy.policy.linkerd.io"])]
    fn kinds_by_their_names(word: &str, want: &[&str]) {
        let (found, name) = named(word, &meshglot_registry::all()).expect("known");
        assert_eq!(found.iter().map(|one| format!("{}.{}", one.kind, one.group)).collect::<Vec<_>>(), want);
        assert_eq!(name, "web");
    }

    #[test_case("virtualservice"; "no name")]
    #[test_case("virtualservice/"; "an empty name")]
    #[test_case("virtualservice/a/b"; "too many parts")]
    #[test_case("service/web"; "a kind that nobody renders")]
    fn what_cannot_be_meant_is_refused(word: &str) {
        assert!(named(word, &meshglot_registry::all()).is_err());
    }
}
