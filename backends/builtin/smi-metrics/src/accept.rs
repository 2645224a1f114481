//! In which form an answer is asked for.

/// The forms that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The object.
    Json,
    /// `Table` of meta.k8s.io, which `kubectl get` prints.
    Table,
    /// `APIGroupDiscoveryList` of apidiscovery.k8s.io: all that there is to discover, at once. There is none but of discovery.
    Aggregated(&'static str),
}

/// The first form of an `Accept` header that there is, of those that the path has; `None`: none of them. An absent header takes anything.
pub(crate) fn form(accept: Option<&str>, has: impl Fn(Form) -> bool) -> Option<Form> {
    accept.map_or(Some(Form::Json), |accept| accept.split(',').filter_map(one).find(|form| has(*form)))
}

fn one(range: &str) -> Option<Form> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next()?;
    if !["application/json", "application/*", "*/*"].contains(&media) {
        return None;
    }
    let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let value = |name| parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    // What weighs nothing is not wanted.
    if value("q").and_then(|weight| weight.parse::<f32>().ok()).is_some_and(|weight| weight <= 0.0) {
        return None;
    }
    match (value("as"), value("g"), value("v")) {
        (None, ..) => Some(Form::Json),
        (Some("Table"), Some("meta.k8s.io"), Some("v1")) => Some(Form::Table),
        (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2")) => Some(Form::Aggregated("v2")),
        (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2beta1")) => Some(Form::Aggregated("v2beta1")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(None, Some(Form::Json); "none")]
    #[test_case(Some("*/*"), Some(Form::Json); "anything")]
    #[test_case(Some("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"), Some(Form::Table); "as kubectl get asks")]
    #[test_case(Some("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"), Some(Form::Aggregated("v2")); "as kubectl discovers")]
    #[test_case(Some("application/vnd.kubernetes.protobuf, application/json"), Some(Form::Json); "the second")]
    #[test_case(Some("application/json;as=Table;v=v1beta1;g=meta.k8s.io"), None; "an old table")]
    #[test_case(Some("application/yaml"), None; "what there is not")]
    #[test_case(Some("application/json;q=0"), None; "what is not wanted")]
    fn forms(accept: Option<&str>, want: Option<Form>) {
        assert_eq!(form(accept, |_| true), want);
    }

    #[test]
    fn a_path_has_some_forms_alone() {
        let accept = Some("application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
        assert_eq!(form(accept, |form| form == Form::Json), Some(Form::Json));
        assert_eq!(form(Some("application/json"), |form| form == Form::Table), None);
    }
}
