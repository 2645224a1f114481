//! Filters of routes: what they do, and which of them undo the whole route.
//!
//! Source: linkerd2 `policy-controller/k8s/index/src/{inbound,outbound}/index/{http,grpc}.rs`; linkerd2-proxy
//! `linkerd/http/route/src/http/filter/redirect.rs`.

use serde_json::Value;

use super::call::{HeaderChange, HttpCall};
use super::object::{POLICY, items, text};

/// Why a route is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Defect {
    /// Linkerd leaves it out, though its status says Accepted.
    Ignored,
    /// It holds something that this reading does not know.
    Unread,
}

/// One filter that Linkerd has.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    /// Changes headers of the request.
    Headers(HeaderChange),
    /// Changes headers of the response only.
    Nothing,
    /// The proxy itself answers.
    Redirect(Redirect),
}

/// Where a redirect leads.
#[derive(Clone, Debug)]
pub(super) struct Redirect {
    https: bool,
    host: Option<String>,
    full_path: Option<String>,
}

impl Filter {
    /// The filters of a rule or of a backend; `group` is that of the route.
    ///
    /// # Errors
    /// What becomes of the rule's route, or of the backend.
    pub(super) fn read(filters: &[Value], group: &str) -> Result<Vec<Self>, Defect> {
        filters.iter().map(|filter| Self::one(filter, group)).collect()
    }

    fn one(filter: &Value, group: &str) -> Result<Self, Defect> {
        match text(filter, "type") {
            Some("RequestHeaderModifier") => Ok(Self::Headers(change(&filter["requestHeaderModifier"]))),
            // Linkerd's own HTTPRoute changes the request with it.
            Some("ResponseHeaderModifier") if group == POLICY => Ok(Self::Headers(change(&filter["responseHeaderModifier"]))),
            Some("ResponseHeaderModifier") => Ok(Self::Nothing),
            Some("RequestRedirect") => {
                let redirect = &filter["requestRedirect"];
                Ok(Self::Redirect(Redirect {
                    https: text(redirect, "scheme") == Some("https"),
                    host: text(redirect, "hostname").map(str::to_owned),
                    full_path: text(&redirect["path"], "replaceFullPath").map(str::to_owned),
                }))
            }
            Some("RequestMirror" | "URLRewrite" | "CORS" | "ExtensionRef") => Err(Defect::Ignored),
            _ => Err(Defect::Unread),
        }
    }
}

impl Redirect {
    /// Whether it leads elsewhere for sure: one that leads to the request's own URI is passed over.
    pub(super) fn leaves(&self, call: &HttpCall<'_>) -> bool {
        let other_host = self.host.as_deref().is_some_and(|host| !call.host().is_some_and(|own| own.eq_ignore_ascii_case(host)));
        self.https || other_host || self.full_path.as_deref().is_some_and(|path| !call.is_to(path))
    }
}

fn change(modifier: &Value) -> HeaderChange {
    let headers = |field| {
        let header = |header: &Value| Some((text(header, "name")?.to_owned(), text(header, "value")?.to_owned()));
        items(modifier, field).iter().filter_map(header).collect()
    };
    let remove = items(modifier, "remove").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    HeaderChange { add: headers("add"), set: headers("set"), remove }
}
