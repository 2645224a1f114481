//! What the log tells of an exchange when it is over.

use std::sync::Arc;

use http::Version;

use super::Exchange;
use crate::access::Decision;
use crate::observe::{Flag, Told, Value};
use crate::table::{LogValue, Route};

/// An exchange, and what was taken out of it for this.
pub(super) struct Line<'e> {
    pub(super) exchange: &'e Exchange,
    pub(super) decisions: [Option<Decision>; 2],
    pub(super) route: Option<Arc<Route>>,
    pub(super) cluster: Option<Arc<str>>,
    pub(super) details: Option<String>,
}

impl Told for Line<'_> {
    fn value(&self, of: &LogValue) -> Value<'_> {
        let exchange = self.exchange;
        let connection = &exchange.connection;
        match of {
            LogValue::Text(_) | LogValue::TerminationDetails => Value::Nothing,
            LogValue::BytesReceived => Value::Number(exchange.meter.received()),
            LogValue::BytesSent => Value::Number(exchange.meter.sent()),
            LogValue::LocalAddress => Value::Address(connection.facts.called),
            LogValue::RemoteAddress => Value::Address(connection.remote),
            LogValue::PeerId => connection.peer.as_ref().map_or(Value::Nothing, |peer| Value::Bytes(peer.id.as_bytes())),
            LogValue::TlsVersion if connection.peer.is_some() => Value::Text("TLSv1.3"),
            LogValue::TlsVersion => Value::Nothing,
            LogValue::Duration => Value::Millis(exchange.began.elapsed()),
            LogValue::Access(name) => {
                let told = self.decisions.iter().flatten().find_map(|decision| decision.told(name));
                told.map_or(Value::Nothing, Value::Text)
            }
            LogValue::Path => Value::Text(exchange.uri.path()),
            LogValue::Protocol => Value::Text(match exchange.version {
                Version::HTTP_2 => "HTTP/2",
                Version::HTTP_10 => "HTTP/1.0",
                _ => "HTTP/1.1",
            }),
            LogValue::Header(name) => exchange.header(name).map_or(Value::Nothing, |value| Value::Bytes(value.as_bytes())),
            LogValue::Authority => match (&exchange.host, exchange.uri.authority()) {
                (_, Some(authority)) => Value::Text(authority.as_str()),
                (Some(host), None) => Value::Bytes(host.as_bytes()),
                (None, None) => Value::Nothing,
            },
            LogValue::Method => Value::Text(exchange.method.as_str()),
            LogValue::Status => Value::Number(exchange.status.get().into()),
            LogValue::Details => match &self.details {
                Some(details) => Value::Text(details),
                None if exchange.details.get().is_empty() => Value::Nothing,
                None => Value::Text(exchange.details.get()),
            },
            LogValue::Flags => exchange.flag.get().map(Flag::short).filter(|flag| !flag.is_empty()).map_or(Value::Text("-"), Value::Text),
            LogValue::Route => {
                self.route.as_ref().filter(|route| !route.name.is_empty()).map_or(Value::Nothing, |route| Value::Text(&route.name))
            }
            LogValue::Start => Value::Time(connection.worker.wall(exchange.began)),
            LogValue::Cluster => self.cluster.as_ref().map_or(Value::Nothing, |name| Value::Text(name)),
            LogValue::Upstream => exchange.upstream.get().map_or(Value::Nothing, Value::Address),
            LogValue::Attempts => Value::Number(exchange.attempts.get().into()),
        }
    }
}
