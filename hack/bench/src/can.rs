//! What `meshglot can` does on a model that is there: the neutral answer, and that of a backend's own objects.

use meshglot_translator::eval::{Call, Caller, Evaluate, Inventory, Neutral, Request, Verdict};
use meshglot_translator::ir::ServiceKey;
use meshglot_translator::render::{Backend, Rendered};
use meshglot_translator::resolve::Model;
use serde_json::Value;

/// The request of one account to a Service of the shop.
pub(crate) fn request((account, service): (String, String)) -> Request {
    Request {
        caller: Caller { namespace: "shop".into(), service_account: account.into(), workload: None, meshed: true },
        service: ServiceKey { namespace: "shop".into(), name: service.as_str().into() },
        port: 80,
        call: Call::Http {
            method: "GET".to_owned(),
            target: format!("/api/{}/list", service.trim_start_matches("svc-")),
            headers: vec![("host".to_owned(), service)],
        },
    }
}

/// By the neutral policy, the inventory included.
pub(crate) fn neutral(model: &Model, request: &Request) -> Verdict {
    Neutral::new(model).evaluate(request).verdict
}

/// By the objects of a backend, as the command does it.
pub(crate) fn rendered(backend: &dyn Backend, model: &Model, rendered: &Rendered<'_>, request: &Request) -> Verdict {
    backend.reader(rendered.bodies(), Inventory::of(model), &Value::Null).evaluate(request).verdict
}
