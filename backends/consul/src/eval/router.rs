//! ServiceRouter: routes in order, each with one destination.

use serde_json::Value;

use super::condition::Condition;
use super::fields::{Fields, Read};
use super::header::Side;
use super::message::HeaderChanges;

/// One of `ServiceRouter.spec.routes`.
#[derive(Debug, Default)]
pub(super) struct Route {
    /// Without any part it takes everything.
    pub(super) condition: Condition,
    /// Empty: the router's own service.
    pub(super) service: String,
    /// Empty: the destination may be split again.
    pub(super) subset: String,
    /// Empty: the path stays.
    pub(super) prefix_rewrite: String,
    pub(super) headers: HeaderChanges,
}

/// Fields of a destination about time, retries and answers: they do not change who is reached.
const HARMLESS: [&str; 7] =
    ["requestTimeout", "idleTimeout", "numRetries", "retryOnConnectFailure", "retryOn", "retryOnStatusCodes", "responseHeaders"];

/// The routes of a `ServiceRouter.spec`.
pub(super) fn routes(spec: &Value) -> Read<Vec<Route>> {
    let mut fields = Fields::of(spec)?;
    let list = fields.list("routes")?;
    fields.done()?;
    list.iter().enumerate().map(|(index, value)| route(value).map_err(|why| format!("routes[{index}]: {why}"))).collect()
}

fn route(value: &Value) -> Read<Route> {
    let mut fields = Fields::of(value)?;
    let mut matching = Fields::of(fields.take("match"))?;
    let condition = Condition::read(matching.take("http"), Side::Route)?;
    matching.done()?;
    let mut destination = Fields::of(fields.take("destination"))?;
    let route = Route {
        condition,
        service: destination.text("service")?.to_owned(),
        subset: destination.text("serviceSubset")?.to_owned(),
        prefix_rewrite: destination.text("prefixRewrite")?.to_owned(),
        headers: HeaderChanges::read(destination.take("requestHeaders"))?,
    };
    destination.local()?;
    destination.skip(&HARMLESS);
    destination.done()?;
    fields.done()?;
    if !route.prefix_rewrite.is_empty() && !route.condition.can_rewrite() {
        return Err("the server refuses prefixRewrite without pathExact or pathPrefix".to_owned());
    }
    Ok(route)
}
