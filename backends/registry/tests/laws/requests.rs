//! Requests that reach corners of a generated model.

use meshglot_translator::eval::{Call, Caller, Inventory, Request};
use proptest::prelude::*;

const PATHS: [&str; 14] =
    ["/", "/api", "/api/", "/apix", "/api/x/y", "/a", "/ab", "/7", "/42/x", "/x/../api", "/%61pi", "//api", "/api%2fx", "/api?q=/a"];

/// The part of a request that does not depend on the model.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    caller: (usize, usize),
    service: prop::sample::Index,
    port: prop::sample::Index,
    call: Call,
}

/// Any shape.
pub(crate) fn shape() -> impl Strategy<Value = Shape> {
    let headers = prop::collection::vec(
        (prop::sample::select(vec!["x-a", "X-A", "cookie"]), prop::sample::select(vec!["1", "", "beta=1", "2"])),
        0..3,
    );
    let http = (prop::sample::select(vec!["GET", "POST", "DELETE"]), prop::sample::select(&PATHS[..]), headers).prop_map(
        |(method, target, headers)| Call::Http {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        },
    );
    let call = prop_oneof![6 => http, 1 => Just(Call::Tcp)];
    ((0..3usize, 0..2usize), any::<prop::sample::Index>(), any::<prop::sample::Index>(), call)
        .prop_map(|(caller, service, port, call)| Shape { caller, service, port, call })
}

/// A request to a Service of this inventory; `None` if it has none with a port.
pub(crate) fn request(shape: &Shape, inventory: &Inventory) -> Option<Request> {
    let services: Vec<_> = inventory.services().iter().filter(|service| !service.ports.is_empty()).collect();
    let service = services.get(shape.service.index(services.len().max(1)))?;
    let port = service.ports[shape.port.index(service.ports.len())].number;
    let (account, namespace) = (["web", "api", "batch"][shape.caller.0], ["shop", "blog"][shape.caller.1]);
    let caller = Caller { namespace: namespace.into(), service_account: account.into(), workload: None, meshed: true };
    Some(Request { caller, service: service.key.clone(), port, call: shape.call.clone() })
}

/// A call whose path is spelt as it is meant, without a header twice.
pub(crate) fn plain() -> impl Strategy<Value = Call> {
    let target =
        prop::sample::select(vec!["/", "/api", "/api/", "/apix", "/api/x/y", "/a", "/ab", "/7", "/42/x", "/api?q=/a", "/?a", "/b.c"]);
    let value = |name: &'static str, values: Vec<&'static str>| {
        prop::option::of(prop::sample::select(values)).prop_map(move |value| value.map(|value| (name.to_owned(), value.to_owned())))
    };
    let headers = (value("x-a", vec!["1", "", "2"]), value("cookie", vec!["beta=1", "x"]), value("user-agent", vec!["Firefox", "curl"]));
    (prop::sample::select(vec!["GET", "POST", "DELETE", "PUT"]), target, headers).prop_map(|(method, target, (a, b, c))| Call::Http {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: [a, b, c].into_iter().flatten().collect(),
    })
}
