//! What is said to the control plane: at first, and to each response.

use std::sync::Arc;

use envoy_types::pb::envoy::config::core::v3::Node;
use envoy_types::pb::envoy::service::discovery::v3::{DeltaDiscoveryRequest, DeltaDiscoveryResponse, Resource};
use envoy_types::pb::google::rpc;

use super::kind::Kind;
use super::take::Take;
use super::taken::Taken;

/// `INVALID_ARGUMENT` of gRPC, as Envoy refuses.
const REFUSED: i32 = 3;

/// The longest message of a refusal, in bytes; servers take requests of 4 MiB.
const MESSAGE: usize = 16 * 1024;

/// What a new stream begins with: everything that is wanted, and what is there already.
pub(crate) fn first<T: Take>(taken: &Taken<T>, id: &str) -> Vec<DeltaDiscoveryRequest> {
    let ask = |kind: Kind| {
        let names: Vec<String> = taken.subscribed(kind).map(ToString::to_string).collect();
        // A first request without names asks for everything, which of these kinds nobody wants.
        let is_nothing = kind.is_named() && names.is_empty();
        (!is_nothing).then(|| DeltaDiscoveryRequest {
            type_url: kind.type_url().to_owned(),
            resource_names_subscribe: names,
            initial_resource_versions: taken.versions(kind).into_iter().collect(),
            ..DeltaDiscoveryRequest::default()
        })
    };
    let mut requests: Vec<_> = Kind::ALL.into_iter().filter_map(ask).collect();
    if let Some(first) = requests.first_mut() {
        first.node = Some(node(id));
    }
    requests
}

/// Takes a response; says what has to be asked for because of it, and then whether it was taken. In this order the control plane knows,
/// once it is answered, what else the proxy waits for: Envoy answers so too.
pub(crate) fn answer<T: Take>(taken: &mut Taken<T>, response: DeltaDiscoveryResponse) -> Vec<DeltaDiscoveryRequest> {
    let DeltaDiscoveryResponse { type_url, nonce, resources, removed_resources, .. } = response;
    // Of what nobody asked for nothing has to be said.
    let Some(kind) = Kind::of(&type_url) else { return Vec::new() };
    // First, as Envoy does: a listener may have the address of one that is gone.
    for name in removed_resources {
        taken.remove(kind, name.into());
    }
    let mut refusals = Vec::new();
    for resource in resources {
        // One that was on its way when it was wanted no longer.
        if !taken.wants(kind, &resource.name) {
            continue;
        }
        let name: Arc<str> = resource.name.as_str().into();
        if let Err(why) = put(taken, kind, name.clone(), resource) {
            refusals.push(format!("{name}: {why}"));
        }
    }
    let mut requests: Vec<_> = taken
        .commit()
        .into_iter()
        .map(|(kind, change)| {
            let names = |names: Vec<Arc<str>>| names.iter().map(ToString::to_string).collect();
            DeltaDiscoveryRequest {
                type_url: kind.type_url().to_owned(),
                resource_names_subscribe: names(change.more),
                resource_names_unsubscribe: names(change.less),
                ..DeltaDiscoveryRequest::default()
            }
        })
        .collect();
    let error_detail = (!refusals.is_empty()).then(|| rpc::Status { code: REFUSED, message: told(&refusals), ..rpc::Status::default() });
    requests.push(DeltaDiscoveryRequest { type_url, response_nonce: nonce, error_detail, ..DeltaDiscoveryRequest::default() });
    requests
}

fn put<T: Take>(taken: &mut Taken<T>, kind: Kind, name: Arc<str>, resource: Resource) -> Result<(), String> {
    let why = match resource.resource {
        Some(any) if any.type_url == kind.type_url() => return taken.put(kind, name, &resource.version, any.value),
        Some(any) => format!("resource: its type is {}, and {} was asked for", any.type_url, kind.type_url()),
        None => "resource: it is missing".to_owned(),
    };
    taken.refuse((kind, name), &why);
    Err(why)
}

/// `NAME: FIELD: WHY; ...`, as much as fits.
fn told(refusals: &[String]) -> String {
    let mut message = String::new();
    for (count, refusal) in refusals.iter().enumerate() {
        if message.len() + refusal.len() > MESSAGE && count > 0 {
            message.push_str(&format!("; and {} more", refusals.len() - count));
            break;
        }
        let separator = if message.is_empty() { "" } else { "; " };
        message.push_str(separator);
        message.push_str(cut(refusal));
    }
    message
}

/// At most as long as a message is, in whole characters.
fn cut(text: &str) -> &str {
    let end = (0..=MESSAGE.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

fn node(id: &str) -> Node {
    let namespace = id.split('/').next().unwrap_or_default();
    Node { id: id.to_owned(), cluster: namespace.to_owned(), user_agent_name: "meshglot".to_owned(), ..Node::default() }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use envoy_types::pb::google::protobuf::Any;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refusals_are_told_as_far_as_they_fit() {
        assert_eq!(told(&["a: x: no".to_owned(), "b: y: no".to_owned()]), "a: x: no; b: y: no");
        let many: Vec<String> = (0..10_000).map(|number| format!("{number}: no")).collect();
        let message = told(&many);
        assert!(message.starts_with("0: no; 1: no; ") && message.ends_with(" more") && message.len() < MESSAGE + 100, "{message}");
        assert_eq!(told(&["ü".repeat(MESSAGE)]).len(), MESSAGE);
    }

    /// A byte of a cluster or listener leads to the assignment or route of that name; `x` is refused.
    #[derive(Default)]
    struct Letters(BTreeMap<(Kind, String), Vec<u8>>);

    impl Take for Letters {
        fn put(&mut self, kind: Kind, name: &str, bytes: &[u8]) -> Result<(), String> {
            if bytes.contains(&b'x') {
                return Err("x".to_owned());
            }
            self.0.insert((kind, name.to_owned()), bytes.to_vec());
            Ok(())
        }

        fn remove(&mut self, kind: Kind, name: &str) {
            self.0.remove(&(kind, name.to_owned()));
        }

        fn commit(&mut self) {}

        fn wanted(&self, kind: Kind) -> BTreeSet<Arc<str>> {
            let from = if kind == Kind::Assignment { Kind::Cluster } else { Kind::Listener };
            let leading = self.0.iter().filter(|((kind, _), _)| *kind == from);
            leading.flat_map(|(_, bytes)| bytes).map(|byte| char::from(*byte).to_string().into()).collect()
        }
    }

    fn any_response() -> impl Strategy<Value = DeltaDiscoveryResponse> {
        let name = || prop::sample::select(&["a", "b", "c"][..]).prop_map(str::to_owned);
        let resource = (name(), "[12]", "[abcx]{0,2}");
        let resources = prop::collection::vec(resource, 0..3);
        let removed = prop::collection::vec(name(), 0..2);
        (prop::sample::select(&Kind::ALL[..]), resources, removed).prop_map(|(kind, resources, removed_resources)| {
            let resource = |(name, version, text): (String, String, String)| {
                let any = Any { type_url: kind.type_url().to_owned(), value: text.into_bytes() };
                Resource { name, version, resource: Some(any), ..Resource::default() }
            };
            let resources = resources.into_iter().map(resource).collect();
            let (type_url, nonce) = (kind.type_url().to_owned(), "n".to_owned());
            DeltaDiscoveryResponse { type_url, nonce, resources, removed_resources, ..DeltaDiscoveryResponse::default() }
        })
    }

    proptest! {
        /// Whatever comes: what is remembered is what was taken, what is asked for is what is wanted, and every response has one answer,
        /// which is the last that is said to it.
        #[test]
        fn memory_and_subscriptions_follow_what_was_taken(responses in prop::collection::vec(any_response(), 0..12)) {
            let resources = Arc::default();
            let mut taken = Taken::new(Letters::default(), Arc::clone(&resources));
            let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for response in responses {
                let kind = Kind::of(&response.type_url).expect("one of four");
                let bad = |resource: &Resource| resource.resource.as_ref().is_some_and(|any| any.value.contains(&b'x'));
                let refuses = response.resources.iter().any(|resource| taken.wants(kind, &resource.name) && bad(resource));
                let mut requests = answer(&mut taken, response);
                let last = requests.pop().expect("an answer");
                prop_assert_eq!((last.response_nonce.as_str(), last.error_detail.is_some()), ("n", refuses));
                for request in requests {
                    prop_assert!(request.response_nonce.is_empty());
                    let names = asked.entry(request.type_url).or_default();
                    names.extend(request.resource_names_subscribe);
                    for name in request.resource_names_unsubscribe {
                        prop_assert!(names.remove(&name), "{} was not asked for", name);
                    }
                }
                let kept = crate::ads::lock(&resources).clone().into_iter();
                let kept = kept.map(|((kind, name), stored)| ((kind, name.to_string()), stored.bytes.to_vec()));
                prop_assert_eq!(&kept.collect::<BTreeMap<_, _>>(), &taken.take().0);
                for kind in [Kind::Assignment, Kind::Route] {
                    let wanted: BTreeSet<String> = taken.take().wanted(kind).iter().map(ToString::to_string).collect();
                    prop_assert_eq!(asked.get(kind.type_url()).cloned().unwrap_or_default(), wanted.clone());
                    let first = first(&taken, "a/b/c").into_iter().find(|request| request.type_url == kind.type_url());
                    prop_assert_eq!(first.map(|request| BTreeSet::from_iter(request.resource_names_subscribe)).unwrap_or_default(), wanted);
                }
            }
        }
    }
}
