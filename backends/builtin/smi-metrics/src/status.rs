//! What could not be answered, as Kubernetes words it: `Status` of v1.

use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::resource::Resource;
use crate::wire::GROUP;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    code: StatusCode,
    reason: &'static str,
    message: String,
    details: Value,
}

impl Problem {
    fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: json!({}) }
    }

    /// No such path.
    pub(crate) fn no_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", "the server could not find the requested resource")
    }

    /// No object of this name, or nobody knows anything of it.
    pub(crate) fn no_object(resource: Resource, name: &str) -> Self {
        let message = format!("{}.{GROUP} \"{name}\" not found", resource.plural());
        let details = json!({ "name": name, "group": GROUP, "kind": resource.plural() });
        Self { details, ..Self::new(StatusCode::NOT_FOUND, "NotFound", message) }
    }

    /// What was asked cannot be read.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// Nothing is changed here, and nothing watched.
    pub(crate) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    }

    /// No such form.
    pub(crate) fn wrong_form() -> Self {
        let forms = "application/json, application/json;as=Table;g=meta.k8s.io;v=v1";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", format!("only the following media types are accepted: {forms}"))
    }

    /// Who asks has not proven who it is.
    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    /// A mistake of ours.
    pub(crate) fn broken() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "Internal error occurred")
    }

    /// There is no policy yet.
    pub(crate) fn not_ready() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "no policy is in force yet")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { code, reason, message, details } = self;
        let status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "details": details,
            "code": code.as_u16(),
        });
        let mut response = (code, [(CONTENT_TYPE, "application/json")], status.to_string()).into_response();
        if code == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, axum::http::HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}

/// Who asks may not, or not from there; the message says why.
pub fn forbidden(message: &str) -> Response {
    Problem::new(StatusCode::FORBIDDEN, "Forbidden", message).into_response()
}
